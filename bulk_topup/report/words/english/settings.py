"""The settings, from file and environment; user name and password."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "environment.empty": "the variable {variable} is set, but to nothing; give it a value, or remove it",
    "environment.relative": (
        "the variable {variable} must hold a server's address with ://, or name the file with its whole path, from the "
        "drive or / on, or ~ for your own folder: else each folder would have a record of its own, in which nobody was "
        "paid yet; correct it, or remove it"
    ),
    "environment.number": (
        "the variable {variable} is '{value}', but must be a number from {least} to {most}; correct it, or remove it"
    ),
    "environment.whole": (
        "the variable {variable} is '{value}', but must be a whole number from {least} to {most}; correct it, or "
        "remove it"
    ),
    "environment.amount": (
        "the variable {variable} is '{value}', but must be a whole amount of rupiah from {least} up, as in "
        "5000000 or 5.000.000; correct it, or remove it"
    ),
    "environment.choice": (
        "the variable {variable} is '{value}', but must be one of {choices}; correct it, or remove it"
    ),
    "environment.flag": (
        "the variable {variable} is '{value}', but must be 1 (yes) or 0 (no); correct it, or remove it"
    ),
    "settings.missing": (
        "{variable} names {file}, but there is no such file; correct it, or start one with 'bulk-topup config --init'"
    ),
    "settings.encoding": "the settings file {file} is not plain text in UTF-8; save it again as UTF-8",
    "settings.unreadable": "the settings file {file} can't be read ({why:words}); correct that, or name another one",
    "settings.broken": (
        "the settings file {file} can't be understood: {why}; write each line as in rate = 2, texts between quotation "
        "marks, and those with a backslash between single ones, as in 'C:\\Users\\rina\\password.txt'"
    ),
    "settings.forbidden": (
        "{file}, line {line}: {key} can't be kept in a file, since it decides what is paid and is said each time; "
        "remove the line, and add {option} to the command"
    ),
    "settings.password": (
        "{file}, line {line}: a password does not belong in this file; remove the line and run 'bulk-topup login', or "
        "name a file that holds nothing else with password_file"
    ),
    "settings.address_password": (
        "{file}, line {line}: a password does not belong in this file; take it out of the address, and keep it in "
        "PostgreSQL's own password file (~/.pgpass, or what PGPASSFILE names) or in the variable PGPASSWORD"
    ),
    "settings.unknown_near": "{file}, line {line}: there is no setting {key}; is {near} meant? Correct or remove the line",
    "settings.unknown": (
        "{file}, line {line}: there is no setting {key}; correct or remove the line (there are: {known})"
    ),
    "settings.number": "{file}, line {line}: {key} must be a number, written as in {example}",
    "settings.whole": "{file}, line {line}: {key} must be a whole number without dots, written as in {example}",
    "settings.flag": "{file}, line {line}: {key} must be true or false, written as in {example}",
    "settings.text": "{file}, line {line}: {key} must be a text between quotation marks, written as in {example}",
    "settings.relative": (
        "{file}, line {line}: {key} must name the file with its whole path, from the drive or / on, or ~ for your own "
        "folder, written as in {example}"
    ),
    "settings.range": "{file}, line {line}: {key} is {value}, but must be from {least} to {most}; correct it",
    "settings.least": "{file}, line {line}: {key} is {value}, but must be {least} or more; correct it",
    "settings.choice": "{file}, line {line}: {key} is '{value}', but must be one of {choices}; correct it",
    "settings.exists": "there is a settings file already, {file}; it is left as it is: edit it, or rename it first",
    "settings.unwritable": "the settings file {file} can't be written ({why:words}); name another place with BULK_TOPUP_CONFIG",
    "settings.created": "A settings file to fill in: {file}",
    "settings.next": "in that file, take the # away before what you want to set, save it, and see what is in force:",
    "settings.next_start": "keep what is the same every month in a settings file; start one:",
    "settings.file": "Settings file: {file}",
    "settings.no_file": "Settings file: {file} (not there; 'bulk-topup config --init' starts one)",
    "settings.not_set": "-",
    "settings.source_option": "option",
    "settings.source_environment": "variable {variable}",
    "settings.source_file": "settings file, line {line}",
    "settings.source_default": "default",
    "settings.logged_in": "Logged in: {username}, by the system keyring",
    "settings.about_username": "Your user name at the provider, if 'bulk-topup login' does not keep it.",
    "settings.about_ledger": "Where the record of all top-ups is kept, if several people share one.",
    "settings.head": "Settings of bulk-topup: take the # away before what you want to set. 'bulk-topup config' shows what is in force.",
    "settings.head_quotes": "A folder with backslashes stands between single quotation marks, as in 'C:\\Users\\rina\\password.txt'.",
    "settings.head_never": "An option or a variable goes before what stands here. What releases money can't be set here, and a password must not stand here.",
    "credentials.missing": (
        "no {variable} is set, and there is no terminal to ask on; set it, give --password-file for the password, or "
        "run 'bulk-topup login' once"
    ),
    "credentials.ask_username": "Username:",
    "credentials.ask_password": "Password:",
    "credentials.empty": "nothing was typed; type it, or set {variable}",
    "credentials.file": "the password file {path} can't be used ({why:words})",
    "login.no_terminal": (
        "nobody can type a user name and a password here; run 'bulk-topup login' in a terminal, or set "
        "BULK_TOPUP_USERNAME and BULK_TOPUP_PASSWORD instead"
    ),
    "login.done": (
        "Logged in as {username} at {base_url}: the system keyring keeps the password, and it is not asked for any "
        "more. 'bulk-topup logout' removes it."
    ),
    "login.next": "make a sheet to fill in, or check the one that you have:",
    "login.other_first": "{variable} is set, and goes before what was just kept; remove it if that is not meant",
    "logout.next": "to log in again, as this account or another:",
    "logout.done": "Logged out: the system keyring no longer holds the password of {username} at {base_url}.",
    "logout.no_keyring": (
        "no password is kept in a system keyring here (there is only {backend}), so there is nothing to remove; one in "
        "{variable} or in a password file is removed where it was set"
    ),
    "logout.no_library": (
        "no password is kept in a system keyring here (what works with one is not installed), so there is nothing to "
        "remove; one in {variable} or in a password file is removed where it was set"
    ),
    "logout.nobody": "Nobody was logged in at {base_url}; there is nothing to remove.",
    "keyring.not_installed": (
        "the part of bulk-topup that works with the system keyring is not installed; install it with "
        "'{install} keyring', or set BULK_TOPUP_USERNAME and BULK_TOPUP_PASSWORD, or use --password-file"
    ),
    "keyring.unsafe": (
        "this computer has no system keyring that keeps a password safe (there is only {backend}); set "
        "BULK_TOPUP_USERNAME and BULK_TOPUP_PASSWORD, or use --password-file"
    ),
    "keyring.failed": (
        "the system keyring did not answer ({why}); unlock it and try again, or set BULK_TOPUP_USERNAME and "
        "BULK_TOPUP_PASSWORD"
    ),
    "keyring.not_kept": (
        "the system keyring took the password and did not keep it; set BULK_TOPUP_USERNAME and BULK_TOPUP_PASSWORD, "
        "or use --password-file"
    ),
}
