"""The vocabulary of the demo shop: departments with what they sell, people, places, and what customers write."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ADJECTIVES",
    "BRANDS",
    "CITIES",
    "COMMENTS",
    "DEPARTMENTS",
    "FIRST_NAMES",
    "LAST_NAMES",
    "STREETS",
    "Department",
    "Shelf",
]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A second-level category: what stands on it, its price range in whole units, and what is specified about it."""

    name: str
    nouns: tuple[str, ...]
    prices: tuple[int, int]
    specifications: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Department:
    """A root category with its four shelves."""

    name: str
    description: str
    shelves: tuple[Shelf, Shelf, Shelf, Shelf]


_COLOR = ("Color", ("Black", "White", "Blue", "Green", "Red", "Grey", "Sand"))
_WEIGHT = ("Weight", ("180 g", "250 g", "420 g", "1.1 kg", "2.4 kg", "5 kg"))
_WARRANTY = ("Warranty", ("1 year", "2 years", "5 years", "10 years"))
_MATERIAL = ("Material", ("Oak", "Steel", "Aluminium", "Bamboo", "Recycled plastic", "Walnut"))
_FABRIC = ("Fabric", ("Cotton", "Wool", "Linen", "Polyester", "Merino", "Denim"))
_SIZE = ("Size", ("XS", "S", "M", "L", "XL"))
_POWER = ("Power", ("20 W", "45 W", "65 W", "800 W", "1500 W"))
_WIRELESS = ("Connection", ("Bluetooth 5.3", "Wi-Fi 6", "USB-C", "2.4 GHz"))
_AGES = ("Age", ("3+", "6+", "8+", "12+", "Adults"))
_PAGES = ("Pages", ("96", "192", "256", "384", "512"))
_ORIGIN = ("Origin", ("Portugal", "Italy", "Japan", "Ethiopia", "Canada", "Greece"))


def _shelf(name: str, nouns: str, low: int, high: int, *specs: tuple[str, tuple[str, ...]]) -> Shelf:
    return Shelf(name, tuple(nouns.split(", ")), (low, high), specs)


DEPARTMENTS: tuple[Department, ...] = (
    Department(
        "Electronics",
        "Sound, screens and what connects them.",
        (
            _shelf(
                "Headphones",
                "Wireless Headphones, Studio Headphones, Earbuds, Sport Earphones",
                25,
                380,
                _COLOR,
                _WIRELESS,
                _WARRANTY,
            ),
            _shelf("Speakers", "Portable Speaker, Bookshelf Speaker, Soundbar", 40, 700, _COLOR, _POWER, _WIRELESS),
            _shelf("Laptops", "Laptop, Ultrabook, Notebook Computer", 450, 2600, _WEIGHT, _POWER, _WARRANTY),
            _shelf("Cameras", "Mirrorless Camera, Action Camera, Instant Camera", 80, 1900, _COLOR, _WEIGHT, _WARRANTY),
        ),
    ),
    Department(
        "Home",
        "Light, furniture and quiet corners.",
        (
            _shelf(
                "Lighting", "Desk Lamp, Floor Lamp, Pendant Light, Reading Lamp", 18, 320, _COLOR, _MATERIAL, _POWER
            ),
            _shelf("Furniture", "Armchair, Side Table, Bookshelf, Bench", 90, 1400, _MATERIAL, _COLOR, _WEIGHT),
            _shelf("Bedding", "Duvet Cover, Pillow, Blanket", 20, 260, _FABRIC, _COLOR),
            _shelf("Storage", "Storage Box, Basket, Shelf Organizer", 9, 120, _MATERIAL, _COLOR),
        ),
    ),
    Department(
        "Kitchen",
        "From the first coffee to the last plate.",
        (
            _shelf("Coffee", "Pour-Over Kettle, Espresso Maker, Coffee Grinder", 25, 640, _POWER, _COLOR, _WARRANTY),
            _shelf("Cookware", "Frying Pan, Saucepan, Dutch Oven, Wok", 22, 310, _MATERIAL, _WEIGHT, _WARRANTY),
            _shelf("Knives", "Chef's Knife, Bread Knife, Paring Knife", 15, 280, _MATERIAL, _ORIGIN),
            _shelf("Tableware", "Mug, Bowl Set, Dinner Plate, Carafe", 8, 140, _COLOR, _ORIGIN),
        ),
    ),
    Department(
        "Clothing",
        "Layers for every weather.",
        (
            _shelf("Jackets", "Rain Jacket, Down Jacket, Denim Jacket", 60, 420, _SIZE, _FABRIC, _COLOR),
            _shelf("Shirts", "Oxford Shirt, Flannel Shirt, T-Shirt", 15, 130, _SIZE, _FABRIC, _COLOR),
            _shelf("Shoes", "Running Shoes, Leather Boots, Sandals", 40, 320, _COLOR, _WEIGHT),
            _shelf("Accessories", "Scarf, Belt, Beanie, Gloves", 12, 95, _FABRIC, _COLOR),
        ),
    ),
    Department(
        "Outdoors",
        "For trails, tents and long evenings.",
        (
            _shelf("Tents", "Two-Person Tent, Family Tent, Tarp", 90, 780, _WEIGHT, _COLOR),
            _shelf("Backpacks", "Hiking Backpack, Daypack, Travel Pack", 45, 340, _WEIGHT, _COLOR, _WARRANTY),
            _shelf("Bicycles", "City Bike, Gravel Bike, Folding Bike", 380, 2900, _COLOR, _WEIGHT, _SIZE),
            _shelf("Camping", "Camping Stove, Sleeping Bag, Headlamp, Lantern", 20, 290, _WEIGHT, _POWER),
        ),
    ),
    Department(
        "Toys",
        "Play, alone and together.",
        (
            _shelf("Board Games", "Strategy Game, Party Game, Family Game", 18, 95, _AGES, _ORIGIN),
            _shelf("Building", "Building Blocks, Marble Run, Model Kit", 20, 180, _AGES, _MATERIAL),
            _shelf("Puzzles", "Jigsaw Puzzle, Wooden Puzzle, Brain Teaser", 10, 60, _AGES, _MATERIAL),
            _shelf("Plush", "Plush Bear, Plush Fox, Plush Whale", 12, 55, _AGES, _COLOR),
        ),
    ),
    Department(
        "Books",
        "Stories, ideas and recipes.",
        (
            _shelf("Novels", "Novel, Short Stories, Crime Story", 9, 35, _PAGES),
            _shelf("Cookbooks", "Cookbook, Baking Book", 18, 60, _PAGES),
            _shelf("Science", "Astronomy Guide, Field Guide, Atlas", 20, 90, _PAGES),
            _shelf("Stationery", "Notebook, Fountain Pen, Planner", 6, 160, _PAGES, _COLOR),
        ),
    ),
    Department(
        "Garden",
        "Grow something.",
        (
            _shelf("Tools", "Pruning Shears, Spade, Watering Can", 14, 130, _MATERIAL, _WEIGHT),
            _shelf("Planters", "Planter, Hanging Pot, Raised Bed", 12, 240, _MATERIAL, _COLOR),
            _shelf("Seeds", "Herb Seeds, Wildflower Seeds, Tomato Seeds", 3, 18, _ORIGIN),
            _shelf("Grills", "Charcoal Grill, Gas Grill, Fire Bowl", 60, 950, _MATERIAL, _WARRANTY),
        ),
    ),
)

BRANDS = ("Agora", "Kallos", "Meridian", "Northwind", "Orchard", "Pallas", "Solstice", "Tessera", "Umbra", "Zephyr")
ADJECTIVES = (
    "Blue", "Classic", "Compact", "Everyday", "Folding", "Handmade", "Light", "Modern", "Nordic", "Original",
    "Quiet", "Rugged", "Slim", "Smart", "Soft", "Sturdy", "Urban", "Vintage", "Warm", "Wide",
)  # fmt: skip
FIRST_NAMES = (
    "Ada", "Ben", "Chiara", "Dario", "Elif", "Finn", "Grace", "Hugo", "Ines", "Jonas", "Kofi", "Lena", "Mara",
    "Noah", "Olga", "Pablo", "Quinn", "Rosa", "Sami", "Tara", "Umut", "Vera", "Wanda", "Yusuf", "Zoe",
)  # fmt: skip
LAST_NAMES = (
    "Abel", "Brandt", "Costa", "Dunn", "Ersoy", "Falk", "Greco", "Hale", "Ito", "Jensen", "Keller", "Lopez",
    "Moreau", "Novak", "Okafor", "Park", "Quist", "Rossi", "Silva", "Tanaka", "Ueda", "Vogel", "Weber", "Young",
)  # fmt: skip
STREETS = ("Market Street", "Harbour Road", "Elm Avenue", "Station Lane", "Mill Way", "Garden Row", "Church Street")
CITIES = (
    ("Portland", "OR", "97201", "US"),
    ("Austin", "TX", "78701", "US"),
    ("Madison", "WI", "53703", "US"),
    ("Burlington", "VT", "05401", "US"),
    ("Lisbon", "", "1100-148", "PT"),
    ("Berlin", "", "10115", "DE"),
    ("Lyon", "", "69001", "FR"),
    ("Toronto", "ON", "M5V 2T6", "CA"),
)
COMMENTS: dict[int, tuple[tuple[str, str], ...]] = {
    1: (
        ("Broke in a week", "It stopped working after a week and I sent it back."),
        ("Not as shown", "The picture flatters it."),
    ),
    2: (
        ("Below average", "It does the job, but feels cheap."),
        ("Disappointed", "I expected more for the price."),
    ),
    3: (
        ("All right", "Neither good nor bad; I would wait for a sale."),
        ("Mixed", "Good idea, average finish."),
    ),
    4: (
        ("Very good", "Solid and well made. One small scratch on arrival."),
        ("Would buy again", "Does what it promises."),
    ),
    5: (
        ("Excellent", "Better than I hoped, I use it every day."),
        ("Perfect gift", "My sister loves it."),
        ("Five stars", "Flawless."),
    ),
}
