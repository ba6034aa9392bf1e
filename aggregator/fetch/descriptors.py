"""How many connections this process may have open: the limit of open files, raised as far as the system allows."""

import resource

# Beside the connections: the store, feeds being written, readers of the web server, name look-ups and worker processes.
_OTHERS = 512


def allow(connections: int) -> int:
    """Raise the soft limit of open files to what so many connections need; how many there may be then.

    The usual soft limit of 1,024 is kept low for programs that use select(); the hard one is far above it. Where that does not
    help, fewer connections at once are better than failures that look like the sources' own.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < connections + _OTHERS:
        soft = _raised(connections + _OTHERS, soft, hard)
    if soft == resource.RLIM_INFINITY:
        return connections
    return max(1, min(connections, max(soft - _OTHERS, soft // 2)))


def _raised(wanted: int, soft: int, hard: int) -> int:
    raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    except (OSError, ValueError):  # the kernel may hold it lower than it says
        return soft
    return raised
