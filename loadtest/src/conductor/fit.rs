//! The straight line through points, by least squares.

use crate::report::model::Slope;

/// The line through memory (bytes) against sockets. None where all points have the same number of sockets.
pub fn line(points: &[(f64, f64)]) -> Option<Slope> {
    let count = points.len() as f64;
    let mean = |part: fn(&(f64, f64)) -> f64| points.iter().map(part).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let products = |f: &dyn Fn(f64, f64) -> f64| points.iter().map(|point| f(point.0 - x, point.1 - y)).sum::<f64>();
    let (xx, xy, yy) = (products(&|dx, _| dx * dx), products(&|dx, dy| dx * dy), products(&|_, dy| dy * dy));
    if points.len() < 2 || xx == 0.0 {
        return None;
    }
    let bytes_per_socket = xy / xx;
    // Points on a level line are on a line.
    let r2 = if yy == 0.0 { 1.0 } else { xy * xy / (xx * yy) };
    Some(Slope { bytes_per_socket, base_bytes: y - bytes_per_socket * x, r2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_line_give_the_line() {
        let points = [2500.0, 5000.0, 10_000.0].map(|sockets| (sockets, 1e6 + 3000.0 * sockets));
        let Slope { bytes_per_socket, base_bytes, r2 } = line(&points).unwrap();
        assert!((bytes_per_socket - 3000.0).abs() < 1e-6 && (base_bytes - 1e6).abs() < 1e-3 && r2 > 0.999_999);
    }

    #[test]
    fn points_beside_it_are_told_by_r2() {
        let slope = line(&[(1.0, 1.0), (2.0, 3.0), (3.0, 2.0)]).unwrap();
        assert!((slope.bytes_per_socket - 0.5).abs() < 1e-9 && (slope.r2 - 0.25).abs() < 1e-9, "{slope:?}");
    }

    #[test]
    fn one_size_gives_no_line() {
        assert_eq!(line(&[(5.0, 1.0)]), None);
        assert_eq!(line(&[(5.0, 1.0), (5.0, 2.0)]), None);
        assert_eq!(line(&[]), None);
    }
}
