"""Writes the app's icons (assets/app-*.png, assets/maskable-*.png) from the shapes of templates/brand.svg. Needs Pillow."""

from pathlib import Path

from PIL import Image, ImageDraw

BLUE, WHITE = (11, 79, 143), (255, 255, 255)
# Corners and line of the mark in brand.svg, on a grid of 32.
STROKES = [
    [(7, 12), (7, 8.2), (8.2, 7), (12, 7)],
    [(20, 7), (23.8, 7), (25, 8.2), (25, 12)],
    [(25, 20), (25, 23.8), (23.8, 25), (20, 25)],
    [(12, 25), (8.2, 25), (7, 23.8), (7, 20)],
    [(7, 16), (25, 16)],
]
OVERSAMPLING = 4


def draw(size: int, maskable: bool) -> Image.Image:
    """Draws the icon. A maskable one fills its square and keeps the mark in the safe zone of 80 %."""
    side = size * OVERSAMPLING
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    if maskable:
        pen.rectangle((0, 0, side, side), fill=BLUE)
    else:
        pen.rounded_rectangle((0, 0, side - 1, side - 1), radius=side * 7 / 32, fill=BLUE)
    scale = side / 32 * (0.8 if maskable else 1)
    place = lambda point: tuple((value - 16) * scale + side / 2 for value in point)
    width = round(2.5 * scale)
    for stroke in STROKES:
        points = [place(point) for point in stroke]
        pen.line(points, fill=WHITE, width=width, joint="curve")
        for x, y in (points[0], points[-1]):
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=WHITE)
    return image.resize((size, size), Image.LANCZOS)


folder = Path(__file__).parent.parent / "assets"
for size in (192, 512):
    draw(size, False).quantize(64).save(folder / f"app-{size}.png", optimize=True)
    draw(size, True).quantize(64).save(folder / f"maskable-{size}.png", optimize=True)
# iOS rounds the corners itself, and shows what is transparent as black.
draw(180, True).convert("RGB").quantize(64).save(folder / "app-180.png", optimize=True)
