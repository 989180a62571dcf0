"""The price list: size and shape of a real reseller's, with made-up prices. API v3.1, DAFTAR HARGA PULSA."""

_PULSA = """
operator   code       nominal    price  status  keterangan
TELKOMSEL  TSEL5         5000     5650  Ready   Pulsa Reguler
TELKOMSEL  TSEL10       10000    10500  Ready   Pulsa Reguler
TELKOMSEL  TSEL15       15000    15350  Ready   Pulsa Reguler
TELKOMSEL  TSEL20       20000    20350  Ready   Pulsa Reguler
TELKOMSEL  TSEL25       25000    25200  Ready   Pulsa Reguler
TELKOMSEL  TSEL30       30000    30075  Close   Pulsa Reguler
TELKOMSEL  TSEL40       40000    39800  Ready   Pulsa Reguler
TELKOMSEL  TSEL50       50000    49500  Ready   Pulsa Reguler
TELKOMSEL  TSEL75       75000    74050  Ready   Pulsa Reguler
TELKOMSEL  TSEL100     100000    96950  Ready   Pulsa Reguler
TELKOMSEL  TSEL150     150000   148000  Ready   Pulsa Reguler
TELKOMSEL  TSEL200     200000   197400  Ready   Pulsa Reguler
TELKOMSEL  TSEL300     300000   295900  Close   Pulsa Reguler
TELKOMSEL  TSEL500     500000   492900  Ready   Pulsa Reguler
TELKOMSEL  TSEL1000   1000000   985400  Ready   Pulsa Reguler
INDOSAT    ISAT5         5000     5750  Ready   Pulsa Reguler
INDOSAT    ISAT10       10000    10600  Ready   Pulsa Reguler
INDOSAT    ISAT12       12000    12600  Close   Pulsa Reguler
INDOSAT    ISAT15       15000    15450  Ready   Pulsa Reguler
INDOSAT    ISAT20       20000    20450  Ready   Pulsa Reguler
INDOSAT    ISAT25       25000    25300  Ready   Pulsa Reguler
INDOSAT    ISAT30       30000    30150  Ready   Pulsa Reguler
INDOSAT    ISAT40       40000    39800  Ready   Pulsa Reguler
INDOSAT    ISAT50       50000    49500  Ready   Pulsa Reguler
INDOSAT    ISAT60       60000    59500  Ready   Pulsa Reguler
INDOSAT    ISAT80       80000    79200  Ready   Pulsa Reguler
INDOSAT    ISAT100     100000    98900  Ready   Pulsa Reguler
INDOSAT    ISAT150     150000   148000  Ready   Pulsa Reguler
INDOSAT    ISAT200     200000   197400  Ready   Pulsa Reguler
INDOSAT    ISAT250     250000   246500  Close   Pulsa Reguler
XL         XL5           5000     5850  Ready   Pulsa Reguler
XL         XL10         10000    10700  Ready   Pulsa Reguler
XL         XL15         15000    15550  Ready   Pulsa Reguler
XL         XL25         25000    25400  Ready   Pulsa Reguler
XL         XL30         30000    30250  Ready   Pulsa Reguler
XL         XL40         40000    39800  Ready   Pulsa Reguler
XL         XL50         50000    49500  Ready   Pulsa Reguler
XL         XL75         75000    74050  Close   Pulsa Reguler
XL         XL100       100000    98900  Ready   Pulsa Reguler
XL         XL150       150000   148000  Ready   Pulsa Reguler
XL         XL200       200000   197400  Ready   Pulsa Reguler
XL         XL300       300000   295900  Ready   Pulsa Reguler
AXIS       AXM5          5000     5850  Ready   Pulsa Reguler
AXIS       AXM10        10000    10700  Ready   Pulsa Reguler
AXIS       AXM15        15000    15550  Ready   Pulsa Reguler
AXIS       AXM25        25000    25400  Ready   Pulsa Reguler
AXIS       AXM30        30000    30250  Ready   Pulsa Reguler
AXIS       AXM40        40000    39800  Ready   Pulsa Reguler
AXIS       AXM50        50000    49500  Ready   Pulsa Reguler
AXIS       AXM75        75000    74050  Close   Pulsa Reguler
AXIS       AXM100      100000    98900  Ready   Pulsa Reguler
AXIS       AXM200      200000   197400  Ready   Pulsa Reguler
TRI        TRI1          1000     1600  Close   Pulsa Reguler
TRI        TRI2          2000     2600  Ready   Pulsa Reguler
TRI        TRI3          3000     3600  Ready   Pulsa Reguler
TRI        TRI5          5000     5600  Ready   Pulsa Reguler
TRI        TRI10        10000    10450  Ready   Pulsa Reguler
TRI        TRI15        15000    15300  Ready   Pulsa Reguler
TRI        TRI20        20000    20300  Ready   Pulsa Reguler
TRI        TRI25        25000    25150  Ready   Pulsa Reguler
TRI        TRI30        30000    30075  Ready   Pulsa Reguler
TRI        TRI40        40000    39800  Close   Pulsa Reguler
TRI        TRI50        50000    49500  Ready   Pulsa Reguler
TRI        TRI75        75000    74050  Ready   Pulsa Reguler
TRI        TRI100      100000    98900  Ready   Pulsa Reguler
TRI        TRI150      150000   148000  Ready   Pulsa Reguler
TRI        TRI200      200000   197400  Ready   Pulsa Reguler
SMARTFREN  SMF5          5000     5700  Ready   Pulsa Reguler
SMARTFREN  SMF10        10000    10550  Ready   Pulsa Reguler
SMARTFREN  SMF15        15000    15400  Close   Pulsa Reguler
SMARTFREN  SMF20        20000    20400  Ready   Pulsa Reguler
SMARTFREN  SMF25        25000    25250  Ready   Pulsa Reguler
SMARTFREN  SMF30        30000    30100  Ready   Pulsa Reguler
SMARTFREN  SMF40        40000    39800  Ready   Pulsa Reguler
SMARTFREN  SMF50        50000    49500  Ready   Pulsa Reguler
SMARTFREN  SMF60        60000    59500  Ready   Pulsa Reguler
SMARTFREN  SMF75        75000    74050  Ready   Pulsa Reguler
SMARTFREN  SMF100      100000    98900  Ready   Pulsa Reguler
SMARTFREN  SMF150      150000   148000  Ready   Pulsa Reguler
SMARTFREN  SMF200      200000   197400  Close   Pulsa Reguler
"""

_PAKET_DATA = """
operator   code       nominal    price  status  keterangan
TELKOMSEL  TSELD5        5000     5575  Ready   150 MB, 3 hari
TELKOMSEL  TSELD10      10000    10525  Ready   500 MB, 7 hari
TELKOMSEL  TSELD12      12000    12225  Close   1 GB malam, 7 hari
TELKOMSEL  TSELD15      15000    15225  Ready   1 GB, 7 hari
TELKOMSEL  TSELD20      20000    20325  Ready   1,5 GB, 14 hari
TELKOMSEL  TSELD25      25000    24175  Ready   2 GB, 30 hari
TELKOMSEL  TSELD30      30000    28950  Ready   2,5 GB, 30 hari
TELKOMSEL  TSELD40      40000    38650  Ready   4 GB, 30 hari
TELKOMSEL  TSELD50      50000    48350  Ready   5 GB, 30 hari
TELKOMSEL  TSELD75      75000    72375  Ready   8 GB, 30 hari
TELKOMSEL  TSELD100    100000    96550  Ready   12 GB + 2 GB OMG!, 30 hari
TELKOMSEL  TSELD150    150000   144750  Ready   25 GB, 30 hari
INDOSAT    ISATD5        5000     5575  Ready   250 MB, 3 hari
INDOSAT    ISATD10      10000    10525  Ready   1 GB, 7 hari
INDOSAT    ISATD11      11000    11325  Close   1 GB, 10 hari
INDOSAT    ISATD15      15000    15225  Ready   2 GB, 15 hari
INDOSAT    ISATD25      25000    24175  Ready   3 GB Freedom, 30 hari
INDOSAT    ISATD30      30000    28950  Ready   5,5 GB Freedom, 30 hari
INDOSAT    ISATD50      50000    48350  Ready   10 GB Freedom, 30 hari
INDOSAT    ISATD60      60000    57900  Ready   14 GB Freedom, 30 hari
INDOSAT    ISATD80      80000    77300  Ready   25 GB Freedom, 30 hari
INDOSAT    ISATD100    100000    96550  Ready   50 GB Freedom, 30 hari
INDOSAT    ISATD150    150000   144750  Ready   100 GB Freedom, 30 hari
XL         XLD5          5000     5575  Ready   300 MB, 3 hari
XL         XLD10        10000    10525  Ready   800 MB HotRod, 7 hari
XL         XLD15        15000    15225  Ready   1,5 GB HotRod, 14 hari
XL         XLD25        25000    24175  Ready   3 GB Xtra Combo, 30 hari
XL         XLD30        30000    28950  Close   1,5 GB HotRod, 30 hari
XL         XLD50        50000    48350  Ready   6 GB Xtra Combo, 30 hari
XL         XLD75        75000    72375  Ready   10 GB Xtra Combo, 30 hari
XL         XLD100      100000    96550  Ready   15 GB Xtra Combo, 30 hari
XL         XLD150      150000   144750  Ready   30 GB Xtra Combo, 30 hari
AXIS       AXD3          3000     3475  Close   300 MB Bronet, 24 jam
AXIS       AXD5          5000     5575  Ready   500 MB Bronet, 3 hari
AXIS       AXD10        10000    10525  Ready   1 GB Bronet, 7 hari
AXIS       AXD15        15000    15225  Ready   1 GB Bronet, 30 hari
AXIS       AXD25        25000    24175  Ready   2 GB Bronet, 30 hari
AXIS       AXD30        30000    28950  Ready   3 GB Bronet, 30 hari
AXIS       AXD50        50000    48350  Ready   5 GB Bronet, 60 hari
AXIS       AXD75        75000    72375  Ready   8 GB Bronet, 60 hari
TRI        TRID5         5000     5575  Ready   500 MB, 3 hari
TRI        TRID9         9000     9475  Close   1 GB, 5 hari
TRI        TRID10       10000    10525  Ready   1,25 GB, 7 hari
TRI        TRID15       15000    15225  Ready   2 GB, 14 hari
TRI        TRID20       20000    20325  Ready   3 GB, 30 hari
TRI        TRID30       30000    28950  Ready   6 GB AON, 30 hari
TRI        TRID50       50000    48350  Ready   10 GB AON, 30 hari
TRI        TRID75       75000    72375  Ready   24 GB, 30 hari
TRI        TRID100     100000    96550  Ready   32 GB GetMore, 30 hari
SMARTFREN  SMFD4         4000     4525  Close   500 MB, 1 hari
SMARTFREN  SMFD10       10000    10525  Ready   1 GB, 7 hari
SMARTFREN  SMFD15       15000    15225  Ready   2 GB, 7 hari
SMARTFREN  SMFD20       20000    20325  Ready   4 GB, 14 hari
SMARTFREN  SMFD30       30000    28950  Ready   8 GB, 14 hari
SMARTFREN  SMFD50       50000    48350  Ready   16 GB, 28 hari
SMARTFREN  SMFD60       60000    57900  Ready   30 GB, 30 hari
SMARTFREN  SMFD75       75000    72375  Ready   Unlimited 1 GB/hari, 28 hari
SMARTFREN  SMFD100     100000    96550  Ready   60 GB, 30 hari
"""


def _products(tipe: str, table: str) -> list[dict[str, str]]:
    """A table's lines as the provider's products; the first line is the header."""
    products = []
    for line in table.strip().splitlines()[1:]:
        operator, code, nominal, price, status, note = line.split(maxsplit=5)
        product = {"tipe": tipe, "operator": operator, "kodeoperator": code, "keterangan": note}
        products.append({**product, "nominal": nominal, "harga": price, "status": status})
    return products


PRICES: tuple[dict[str, str], ...] = (*_products("PULSA", _PULSA), *_products("PAKET DATA", _PAKET_DATA))
"""Every product, as daftarharga returns it: all values are text, amounts in rupiah."""
