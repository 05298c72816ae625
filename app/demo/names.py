"""Names for fictional people and places; no list of real persons stands behind them. Pure."""

from random import Random

GIRLS = (
    "Aaliyah", "Abena", "Ada", "Agnieszka", "Aisha", "Amelia", "Anwen", "Beatrice", "Bronwen",
    "Carys", "Chloe", "Daisy", "Edith", "Eira", "Ella", "Esme", "Fatima", "Ffion", "Florence",
    "Freya", "Grace", "Hannah", "Imani", "Isla", "Ivy", "Jasmine", "Kezia", "Layla", "Lily",
    "Maja", "Mali", "Maryam", "Matilda", "Megan", "Nancy", "Niamh", "Nia", "Olive", "Orla",
    "Phoebe", "Poppy", "Priya", "Rosie", "Ruby", "Saoirse", "Seren", "Sienna", "Talia", "Willow",
    "Zofia", "Zara",
)  # fmt: skip
BOYS = (
    "Abdul", "Adam", "Alfie", "Arjun", "Archie", "Ben", "Caleb", "Callum", "Dafydd", "Daniel",
    "Dylan", "Elijah", "Ethan", "Ezra", "Felix", "Finley", "Gethin", "Harvey", "Hassan", "Henry",
    "Ibrahim", "Idris", "Isaac", "Jakub", "Jayden", "Joseph", "Jude", "Kai", "Kofi", "Leo",
    "Llew", "Logan", "Luca", "Mason", "Mateusz", "Max", "Musa", "Noah", "Oscar", "Osian", "Owen",
    "Ralph", "Reuben", "Rhys", "Rory", "Samuel", "Stanley", "Theo", "Tomos", "Yusuf", "Zach",
)  # fmt: skip
ADULTS = (
    "Adele", "Alan", "Anita", "Bethan", "Carol", "Chidi", "Claire", "David", "Dawn", "Elin",
    "Emma", "Farah", "Gareth", "Gemma", "Helen", "Ian", "Jane", "Joanna", "Karen", "Kwame",
    "Lesley", "Marek", "Martin", "Mei", "Naomi", "Neil", "Nisha", "Patrick", "Paula", "Rachel",
    "Rashid", "Rebecca", "Ruth", "Sanjay", "Sheila", "Simon", "Sunita", "Tanya", "Trevor", "Yasmin",
)  # fmt: skip
# Words that are no family's name in the first half, ordinary sounds in the second.
_FIRST = (
    "Alder", "Amber", "Ash", "Barley", "Birch", "Bramble", "Brook", "Cedar", "Clover", "Copper",
    "Cuckoo", "Elder", "Fallow", "Fern", "Flint", "Frost", "Gorse", "Harbour", "Hazel", "Heath",
    "Heron", "Juniper", "Kestrel", "Lark", "Linnet", "Maple", "Marsh", "Meadow", "Merle", "Oat",
    "Pebble", "Plover", "Quill", "Reed", "Rowan", "Saffron", "Sedge", "Sorrel", "Thistle", "Wren",
)  # fmt: skip
_SECOND = (
    "acre", "bank", "bourne", "by", "combe", "croft", "dale", "field", "ford", "garth", "gate",
    "ham", "holt", "hurst", "ley", "mere", "more", "side", "stead", "stone", "thwaite", "ton",
    "wick", "wood", "worth", "yard",
)  # fmt: skip


def surname(random: Random) -> str:
    """Return an invented surname such as Larkthwaite."""
    return random.choice(_FIRST) + random.choice(_SECOND)


def forename(random: Random, sex: str) -> str:
    """Return a forename for a child recorded as `F` or `M`."""
    return random.choice(GIRLS if sex == "F" else BOYS)


def adult(random: Random) -> str:
    """Return an adult's whole name."""
    return f"{random.choice(ADULTS)} {surname(random)}"
