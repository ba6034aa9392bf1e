"""What every page tells the browser: no script, nothing from other hosts, in no frame."""

PAGE_SAFETY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

# Of pages that somebody who is signed in gets. Under `no-referrer` a browser sends `Origin: null` with a form (Fetch standard,
# "append a request Origin header"), and by its origin we know that a form is ours.
DESK_SAFETY = PAGE_SAFETY | {"Referrer-Policy": "same-origin", "Cache-Control": "private, no-store"}
