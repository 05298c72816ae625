"""Names that schools in several councils carry, as data: alone they find none. Pure.

Counted on the register of 2017 (three councils or more) and on the names in the list of links of
April 2025 (eight or more); dedications to a saint are common by rule and are not listed.
"""

_CORES = """
abbey, alexandra, all hallow, all saint, ashfield, aspire, audley, avenue, beacon, blue coat,
bourne, bridge, british, broadfield, brookfield, castle, castle hill, cedar, central, chantry,
christ church, christ king, churchfield, clifton, coppice, corpu christi, crofton, dorchester,
emmanuel, english martyr, fairfield, gateway, grange, grange park, green lane, greenfield,
grove, harewood, hawthorn, heathfield, highfield, hill view, hillside, holy cross, holy family,
holy trinity, iqra, jubilee, king, king edward vi, kingfisher, kingsley, kingswood, knowle,
langley, ley, mandeville, manor, meadow, millbrook, millfield, milton, moorland, moorside,
newland, newport, nightingale, notre dame, oak, oakdale, oakfield, oakland, oakwood, orchard,
our lady, park, park view, parkland, parkside, phoenix, pilgrim, preston, priory, queen
elizabeth, queen park, redhill, richmond, ridgeway, riverside, sacred heart, southfield,
springfield, stratton, sutton, trinity, unity, upland, valley, victoria, victoria park, walton,
wellfield, westfield, westminster, westwood, wheatfield, whitchurch, willow, wood end,
woodfield, woodhouse, woodland, woodside
"""

COMMON_CORES = frozenset(" ".join(core.split()) for core in _CORES.split(","))
