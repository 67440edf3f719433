//! A plot: curves on two axes as SVG, and the same as a table.

use std::fmt::Write;

use askama::Template;

use super::scale::{Axis, Scale};

/// The drawing's size and the room that is left for labels, in the drawing's own units.
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 54.0;

/// A plot with its text.
#[derive(Debug)]
pub struct Plot {
    /// What it shows.
    pub title: String,
    /// What is to be seen, in words.
    pub summary: String,
    /// What the horizontal axis counts, with its unit.
    pub x_label: &'static str,
    /// What the vertical axis counts, with its unit.
    pub y_label: &'static str,
    /// The horizontal axis.
    pub x: Axis,
    /// How the vertical axis runs.
    pub y_scale: Scale,
    /// The curves.
    pub curves: Vec<Curve>,
    /// The same as a table.
    pub table: Table,
}

/// One curve.
#[derive(Debug)]
pub struct Curve {
    /// What it shows, for the legend; one without a name does not stand there.
    pub name: String,
    /// Its points; absent ones are gaps.
    pub points: Vec<(f64, Option<f64>)>,
    /// Which colour and dashes it has.
    pub style: usize,
    /// Whether its points are drawn as dots and not joined.
    pub dots: bool,
}

/// A table of texts.
#[derive(Debug, Default)]
pub struct Table {
    /// The names of its columns.
    pub head: Vec<String>,
    /// Its rows, the first cell of which names the row.
    pub rows: Vec<Vec<String>>,
    /// What must be said about it, if anything.
    pub note: String,
}

#[derive(Template)]
#[template(path = "report/plot.svg")]
struct Drawing<'a> {
    plot: &'a Plot,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x_ticks: Vec<(String, String)>,
    y_ticks: Vec<(String, String)>,
    paths: Vec<Path>,
}

struct Path {
    /// Which colour and dashes: the same as in the legend.
    style: usize,
    line: String,
    dots: Vec<(String, String)>,
}

impl Plot {
    /// The plot as an SVG element.
    ///
    /// # Errors
    /// None that can happen to a template that writes into memory.
    pub fn svg(&self) -> askama::Result<String> {
        let values = self
            .curves
            .iter()
            .flat_map(|curve| curve.points.iter().filter_map(|point| point.1));
        let y = Axis::of(self.y_scale, values);
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let place_x = |place: f64| format!("{:.1}", place.mul_add(right - LEFT, LEFT));
        let place_y = |place: f64| format!("{:.1}", place.mul_add(TOP - bottom, bottom));
        let ticks = |axis: &Axis, place: &dyn Fn(f64) -> String| {
            axis.ticks()
                .into_iter()
                .map(|(at, label)| (place(at), label))
                .collect()
        };
        let points = |curve: &Curve| -> Vec<Option<(String, String)>> {
            let places = curve.points.iter();
            places
                .map(|(at, value)| Some((place_x(self.x.place(*at)), place_y(y.place((*value)?)))))
                .collect()
        };
        let paths = self.curves.iter().map(|curve| {
            let (points, style) = (points(curve), curve.style);
            if curve.dots {
                Path {
                    style,
                    line: String::new(),
                    dots: points.into_iter().flatten().collect(),
                }
            } else {
                Path {
                    style,
                    line: joined(&points),
                    dots: Vec::new(),
                }
            }
        });
        let (x_ticks, y_ticks) = (ticks(&self.x, &place_x), ticks(&y, &place_y));
        let paths = paths.collect();
        Drawing {
            plot: self,
            left: LEFT,
            right,
            top: TOP,
            bottom,
            x_ticks,
            y_ticks,
            paths,
        }
        .render()
    }
}

/// The path through the points, with gaps where there is none.
fn joined(points: &[Option<(String, String)>]) -> String {
    let mut path = String::new();
    let mut pen = 'M';
    for point in points {
        let Some((x, y)) = point else {
            pen = 'M';
            continue;
        };
        // A point between two gaps is a dot. Writing to a String cannot fail.
        let _ = write!(path, "{pen}{x} {y}{}", if pen == 'M' { "h0" } else { "" });
        pen = 'L';
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_lifts_the_pen() {
        let at = |x: &str| Some((x.to_owned(), "0".to_owned()));
        assert_eq!(
            joined(&[at("1"), at("2"), None, at("3")]),
            "M1 0h0L2 0M3 0h0"
        );
    }
}
