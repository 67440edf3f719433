//! A plot: curves on two axes as SVG, and the same data as a table.

use std::fmt::Write;

use askama::Template;

use super::scale::{Axis, Scale};

/// Size of the drawing and of its margins for labels, in SVG units.
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 54.0;

/// A plot with its text.
#[derive(Debug)]
pub(super) struct Plot {
    /// Title.
    pub title: String,
    /// Summary of the plot in words.
    pub summary: String,
    /// Label of the horizontal axis, with its unit.
    pub x_label: &'static str,
    /// Label of the vertical axis, with its unit.
    pub y_label: &'static str,
    /// Horizontal axis.
    pub x: Axis,
    /// Scale of the vertical axis.
    pub y_scale: Scale,
    /// Curves.
    pub curves: Vec<Curve>,
    /// The same data as a table.
    pub table: Table,
}

/// One curve.
#[derive(Debug)]
pub(super) struct Curve {
    /// Name in the legend; a curve without a name is not listed.
    pub name: String,
    /// Points; absent values are gaps.
    pub points: Vec<(f64, Option<f64>)>,
    /// Index of colour and dashes.
    pub style: usize,
    /// True if the points are drawn as separate dots.
    pub dots: bool,
}

/// A table of texts.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Names of the columns.
    pub head: Vec<String>,
    /// Rows; the first cell is the name.
    pub rows: Vec<Vec<String>>,
    /// Note about the table, or empty.
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
    /// Index of colour and dashes, as in the legend.
    style: usize,
    line: String,
    dots: Vec<(String, String)>,
}

impl Plot {
    /// Renders the plot as an SVG element.
    ///
    /// # Errors
    /// Returns the template's error, which does not occur while it writes into memory.
    pub(super) fn svg(&self) -> askama::Result<String> {
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

/// Builds the SVG path through the points. An absent point is a gap.
fn joined(points: &[Option<(String, String)>]) -> String {
    let mut path = String::new();
    let mut pen = 'M';
    for point in points {
        let Some((x, y)) = point else {
            pen = 'M';
            continue;
        };
        // A point between two gaps becomes a dot. Writing to a String cannot fail.
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
