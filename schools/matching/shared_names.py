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

# Stems of the saints that schools are called after: their names are near to one another.
_SAINTS = """
agnes aidan alban albert alphege ambrose andrew anne anselm anthony antony augustine barnabas
bartholomew bede benedict bernadette bernard boniface botolph brendan bridget catherine cecilia
chad charles christopher clare clement columba cuthbert cyprian david denis dominic dunstan
edmund edward elizabeth ethelbert eugene faith francis gabriel george gerard giles gilbert gregory
helen hilda hugh ignatius ives james jerome joan john joseph jude kenelm kevin kentigern lawrence
leo leonard luke margaret maria mark martha martin mary matthew mellitus michael monica nicholas
ninian oscar osmund oswald patrick paul peter petroc philip pius raphael richard robert saviour
sebastian simon stephen swithun teresa theodore thomas timothy ursula vincent walter werburgh
wilfrid william winefride wulstan
"""
SAINTS = frozenset(
    word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
    for word in _SAINTS.split()
)

# Words in the names of many schools of one council: by themselves they find none.
_GENERAL = """
st the hall park hill road lane house green field wood court view bridge street way avenue vale
moor heath common town village cross king queen prince north south east west great little new
old church mill manor grange farm lodge bank brook water end side oak ash elm central city
county country sport science art language business engineering learning family holy our lady
sacred heart all saint christ trinity day nursery play group forest international london
"""
GENERAL = frozenset(_GENERAL.split())
