"""The provider: its address, its answers, its price list; and the sandbox, which stands in for it."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "provider.other_time": (
        "this computer's clock is {minutes} minutes off the provider's, and every rule here is about days: set it, best by "
        "the internet, before you send. A row that becomes unknown meanwhile can't be sent again by settle --resend"
    ),
    "provider.other_date": (
        "this computer's clock is {hours} hours off the provider's, so a number that was paid lately might be paid again; "
        "nothing was sent: set this computer's clock, best by the internet, then run the same command again"
    ),
    "provider.base_url": (
        "The provider's address '{address}' cannot be used: it must start with https:// (http:// only for "
        "this computer itself) and hold no user name, '?' or '#'. Correct BULK_TOPUP_BASE_URL or --base-"
        "url."
    ),
    "provider.certificates": (
        "The certificate file {file}, named by {setting}, cannot be read. Correct {setting}, or remove it "
        "to use the built-in certificates."
    ),
    "provider.login": (
        "The provider turned the account away: {reason}. Check the user name and password; nothing was sent."
    ),
    "provider.dns": (
        "The server name in {address} could not be looked up. Check the internet connection and the "
        "address; nothing was sent."
    ),
    "provider.refused": (
        "The server at {address} accepts no connections. Check the address, or try later; nothing was sent."
    ),
    "provider.unreachable": (
        "There is no way to {address} from here. Check the internet connection; nothing was sent."
    ),
    "provider.connect_timeout": (
        "The server at {address} did not pick up. Check the internet connection, or try later; nothing was "
        "sent."
    ),
    "provider.certificate": (
        "The server at {address} could not prove who it is. Check the address and this computer's clock; in"
        " an office network, ask IT for the certificate file and name it in REQUESTS_CA_BUNDLE. Nothing was"
        " sent."
    ),
    "provider.tls": (
        "No secure connection to {address} could be agreed. Check the address; nothing was sent."
    ),
    "provider.proxy": (
        "Your network's proxy did not let the connection to {address} through. Ask your IT department, or "
        "check HTTPS_PROXY; nothing was sent."
    ),
    "provider.timeout": (
        "The price list from {address} did not arrive within {seconds} seconds. Try later, or allow more "
        "with --timeout; nothing was sent."
    ),
    "provider.no_answer": (
        "The connection to {address} broke off before the price list was complete. Try again later; nothing"
        " was sent."
    ),
    "provider.too_long": (
        "The answer from {address} is far longer than any price list. Check the address; nothing was sent."
    ),
    "provider.http_status": (
        "{address} answered with HTTP status {status} instead of a price list. Check the address, or try "
        "later; nothing was sent."
    ),
    "provider.not_json": (
        "{address} answered with a web page or other text instead of a price list. Check the address, or "
        "try later; nothing was sent."
    ),
    "provider.no_products": (
        "The price list from {address} is empty. Try later, or ask the provider; nothing was sent."
    ),
    "provider.other_shape": (
        "The answer from {address} is not a price list as the provider documents it. Check the address, or "
        "ask the provider; nothing was sent."
    ),
    "prices.code": "code",
    "prices.operator": "operator",
    "prices.type": "type",
    "prices.nominal": "nominal",
    "prices.price": "price",
    "prices.status": "status",
    "prices.description": "description",
    "prices.ready": "ready",
    "prices.closed": "closed",
    "prices.unusable": "unusable",
    "prices.of": "Price list of {moment:date} (WIB)",
    "prices.total": "{count:product|products}, {ready:number} of them ready, in the price list of {moment:date} (WIB)",
    "prices.none": "No product of the price list fits; leave out one of the options and look again",
    "prices.saved": "Price list saved as {path}",
    "prices.next": "write these codes into the product column of your sheet, or make a sheet to choose them in:",
    "prices.no_operator": "the price list has no operator {name}; it has {operators}",
    "prices.unwritable": (
        "The price list could not be saved as {path}: {why:words}. Choose another folder or name with --output."
    ),
    "sandbox.banner": "SANDBOX: a rehearsal, no money moves.",
    "sandbox.serving": (
        "Sandbox at {url} (username sandbox, password sandbox); set BULK_TOPUP_BASE_URL to it. Ctrl-C ends it."
    ),
    "sandbox.next": "in another terminal, try a sheet on it:",
    "sandbox.port_taken": (
        "the sandbox can't start: port {port} is taken by another program, or by a sandbox that runs already; choose "
        "another with --port, or any free one with --port 0"
    ),
    "sandbox.port_denied": (
        "the sandbox can't start: this computer lets only its administrator use port {port}; choose one above 1023 with "
        "--port, or any free one with --port 0"
    ),
    "sandbox.state": (
        "the sandbox can't start: its memory can't be kept in {path}; name a file in a folder where you may save "
        "files, or an earlier sandbox's, with --state"
    ),
}
