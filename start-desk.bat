@echo off
rem Sets bulk-topup up where it is not yet, and opens it in the browser, for the sheets in the folder "payrolls".
cd /d "%~dp0"
.venv\Scripts\python -c "import bulk_topup, jinja2, keyring, starlette, uvicorn" 2>nul && goto start
echo Setting up, which takes about a minute ...
py -m venv .venv || goto failed
.venv\Scripts\python -m pip install --quiet ".[desk,keyring]" || goto failed
:start
if not exist payrolls mkdir payrolls
set answer=
set /p answer=Press Enter to rehearse without money, or type "real" to pay with real money: 
if not "%answer%"=="real" (
    .venv\Scripts\bulk-topup desk payrolls --sandbox
    goto end
)
.venv\Scripts\bulk-topup config --json | find """logged_in"": """ >nul || .venv\Scripts\bulk-topup login
.venv\Scripts\bulk-topup desk payrolls
goto end
:failed
echo Python 3.11 or newer is needed: install it from python.org, then start this again.
:end
pause
