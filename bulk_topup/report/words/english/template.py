"""The sheet to fill in."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "template.done": "Template saved as {path}, with {count:number} products to choose from",
    "template.next": "open it in Excel, type over the two example rows, save it, and look at the plan:",
    "template.none_ready": "no template was made: none of the {count:number} products of the price list can be ordered now; try again later",
    "template.unwritable": "The template could not be saved as {path}: {why:words}. Choose another folder or name.",
    "template.payroll": "Payroll",
    "template.products": "Products",
    "template.how_to": "How to",
    "template.number_title": "Not a mobile number",
    "template.number_error": "A mobile number starts with 08, 62 or +62 and has 10 to 13 digits, such as 081234567890. If it does, and this still shows, format the cell as Text and type it again.",
    "template.product_title": "Not in the list",
    "template.product_error": "No product with this code was ready when this sheet was made. Choose one from the list, or go on if you know that the code is right.",
    "template.how.title": "How to fill in this sheet",
    "template.how.rows": "One row is one person. Delete the two example rows, or type over them: they are never paid.",
    "template.how.number": "No HP: the mobile number, as 081234567890 or +62 812-3456-7890. The column is formatted as Text, so that no digit is lost. When you paste numbers, use Paste Special > Values, so that it stays so.",
    "template.how.product": "Kode Produk: choose a code from the list that opens in the cell. The tab {products} says what each one is and costs; the grey ones can't be ordered.",
    "template.how.nominal": "Nominal: may stay empty. Where it is filled in, it guards against a wrong code: a row whose product tops up another amount is held back.",
    "template.how.others": "Nama, Keterangan and columns that you add: whatever you like. All of them come back in the results.",
    "template.how.check": "Save the file, then see what would be sent, and what is wrong: bulk-topup check {file}",
    "template.how.run": "When all is well, send it: bulk-topup run {file}",
    "template.how.prices": "Codes and prices are those of {moment:date} (WIB). Both commands look at the live ones before anything is sent.",
}
