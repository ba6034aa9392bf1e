"""What all tables share: how things are named, and how instants, digests and row numbers are kept."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives a row number only to INTEGER primary keys.
SERIAL = BigInteger().with_variant(Integer(), "sqlite")


def digest(name: str, *, nullable: bool = False) -> Column[bytes]:
    """blake2b-16."""
    return Column(name, LargeBinary(16), nullable=nullable)


def instant(name: str, *, nullable: bool = False) -> Column[int]:
    """Microseconds since 1970 UTC."""
    return Column(name, BigInteger, nullable=nullable)
