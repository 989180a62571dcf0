#!/bin/sh
# Sets bulk-topup up where it is not yet, and opens it in the browser, for the sheets in the folder "payrolls".
cd "$(dirname "$0")" || exit 1
if ! .venv/bin/python -c 'import bulk_topup, jinja2, keyring, starlette, uvicorn' 2>/dev/null; then
    echo "Setting up, which takes about a minute ..."
    python3 -m venv --without-pip .venv &&
        python3 -m pip --python .venv/bin/python install --quiet '.[desk,keyring]' || exit 1
fi
mkdir -p payrolls
printf 'Press Enter to rehearse without money, or type "real" to pay with real money: '
read -r answer
if [ "$answer" != real ]; then
    exec .venv/bin/bulk-topup desk payrolls --sandbox "$@"
fi
.venv/bin/bulk-topup config --json | grep -q '"logged_in": "' || .venv/bin/bulk-topup login
exec .venv/bin/bulk-topup desk payrolls "$@"
