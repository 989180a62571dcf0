"""The catalogue of each language, brought up to date with what the program says: `python -m tests.catalogue`.

A new text gets no translation, for a person to fill in (`msgstr`) before this is run again; one that is said
no more is dropped. The program reads the compiled catalogue, the .mo file; where two changes of that meet,
take either and run this again. A language that is new in `core/languages.py` gets a catalogue to fill in.
"""

from __future__ import annotations

import ast
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING

import click
from babel.messages import Catalog, mofile, pofile

from bulk_topup.commands.main import cli
from bulk_topup.core.languages import ENGLISH, LANGUAGES
from bulk_topup.report.words import say
from bulk_topup.report.words.translation import CATALOGUES, DOMAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from babel.messages.catalog import Message

TRANSLATED = [spoken for spoken in LANGUAGES if spoken != ENGLISH.code]

CLICK_MODULES = ("core", "decorators", "exceptions", "formatting", "parser", "types")
"""Where the words of click's are that a command line meets; the others speak to programmers."""

HEAD = """# The words of bulk-topup in {language}. See tests/catalogue.py.
# msgctxt is a code of say.WORDS, "help" for help texts, or nothing for click's words."""

Key = tuple[str | None, str]
"""Context (a code, `say.HELP`, or None for click's words) and English text."""


def said() -> dict[Key, str]:
    """Every text that can be translated, with its English plural or ""."""
    words: dict[Key, str] = dict.fromkeys(say.WORDS.items(), "")
    return words | {(say.HELP, english): "" for english in help_texts()} | dict(said_by_click())


def help_texts() -> Iterator[str]:
    for command in (cli, *cli.commands.values()):
        yield from filter(None, (cleandoc(command.help or ""), command.options_metavar))
        yield from (help_ for param in command.params if (help_ := getattr(param, "help", None)))
    yield str(cli.subcommand_metavar)


def said_by_click() -> Iterator[tuple[Key, str]]:
    yield (None, "required"), ""
    for module in CLICK_MODULES:
        tree = ast.parse(Path(click.__file__).with_name(f"{module}.py").read_text(encoding="utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            match call.func, texts:
                case ast.Name("_"), [english]:
                    yield (None, english), ""
                case ast.Name("ngettext"), [english, plural]:
                    yield (None, english), plural


def po(spoken: str) -> Path:
    return CATALOGUES / spoken / "LC_MESSAGES" / f"{DOMAIN}.po"


def mo(spoken: str) -> Path:
    return po(spoken).with_suffix(".mo")


def read(spoken: str) -> Catalog:
    if not po(spoken).exists():
        return Catalog(locale=spoken)
    with po(spoken).open("rb") as file:
        return pofile.read_po(file, locale=spoken)


def brought_up_to_date(spoken: str) -> Catalog:
    old = read(spoken)
    new = Catalog(
        locale=spoken,
        project="bulk-topup",
        header_comment=HEAD.format(language=LANGUAGES[spoken].name),
        msgid_bugs_address=" ",
        last_translator=" ",
        creation_date=old.creation_date,
        revision_date=old.revision_date,
    )
    # As its head says: of Indonesian, babel says two, which would leave English.
    new.mime_headers = [("Plural-Forms", old.plural_forms)]
    words = said()
    for context, english in in_order(words, old):
        plural = words[context, english]
        known = old.get(english, context)
        string = known.string if known else None
        if plural:
            new.add((english, plural), string=string or ("",) * old.num_plurals, context=context)
        else:
            new.add(english, string=string, context=context)
    return new


def in_order(words: Mapping[Key, str], old: Catalog) -> list[Key]:
    """As the catalogue has them: a text that moves in the source changes nothing there. A new one comes after
    the one before it in the source."""
    order = [key for key in (key_of(message) for message in old if message.id) if key in words]
    after = 0
    for key in words:
        if key not in order:
            order.insert(after, key)
        after = order.index(key) + 1
    return order


def key_of(message: Message) -> Key:
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


def main() -> None:
    for spoken in TRANSLATED:
        catalog = brought_up_to_date(spoken)
        po(spoken).parent.mkdir(parents=True, exist_ok=True)
        with po(spoken).open("wb") as file:
            pofile.write_po(file, catalog, width=110)
        with mo(spoken).open("wb") as file:
            mofile.write_mo(file, read(spoken))
        left = [message for message in catalog if message.id and not any(message.string or ())]
        print(f"{len(catalog)} texts, {len(left)} of them without {LANGUAGES[spoken].name}")


if __name__ == "__main__":
    main()
