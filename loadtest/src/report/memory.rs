//! Memory per socket: the straight line through memory against open sockets.

use std::collections::BTreeMap;

use super::model::{Memory, MemoryPoint, Slope};

/// Name of the kernel's memory among the processes.
pub const KERNEL: &str = "kernel";

impl Memory {
    /// Fits the lines through `points`.
    pub fn new(points: Vec<MemoryPoint>, after_churn_ratio: Option<f64>) -> Self {
        let mut measured: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
        for point in &points {
            let kernel = point.kernel_bytes.map(|bytes| (KERNEL, bytes));
            let processes = point
                .pss_bytes
                .iter()
                .map(|(name, &bytes)| (name.as_str(), bytes));
            for (name, bytes) in processes.chain(kernel) {
                measured
                    .entry(name)
                    .or_default()
                    .push((point.sockets as f64, bytes as f64));
            }
        }
        let lines = measured
            .iter()
            .filter_map(|(name, points)| Some(((*name).to_owned(), Slope::through(points)?)));
        let slopes = lines.collect();
        Self {
            points,
            slopes,
            after_churn_ratio,
        }
    }
}

impl Slope {
    /// Fits a line by least squares. Returns `None` unless two points differ in their sockets.
    pub fn through(points: &[(f64, f64)]) -> Option<Self> {
        let count = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (sockets, bytes) = (mean(|point| point.0), mean(|point| point.1));
        let sum = |of: &dyn Fn(f64, f64) -> f64| {
            points
                .iter()
                .map(|(x, y)| of(x - sockets, y - bytes))
                .sum::<f64>()
        };
        let (xx, xy, yy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
        if points.is_empty() || xx == 0.0 {
            return None;
        }
        let bytes_per_socket = xy / xx;
        let r2 = if yy == 0.0 { 1.0 } else { xy * xy / (xx * yy) };
        Some(Self {
            bytes_per_socket,
            base_bytes: bytes_per_socket.mul_add(-sockets, bytes),
            r2,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_through_exact_points_is_exact() {
        let slope = Slope::through(&[(0.0, 100.0), (10.0, 20_100.0), (30.0, 60_100.0)]).unwrap();
        assert!(
            (slope.bytes_per_socket - 2000.0).abs() < 1e-6
                && (slope.base_bytes - 100.0).abs() < 1e-6
        );
        assert!((slope.r2 - 1.0).abs() < 1e-9);
        assert_eq!(Slope::through(&[(5.0, 1.0), (5.0, 2.0)]), None);
        assert_eq!(Slope::through(&[]), None);
    }

    #[test]
    fn each_process_and_the_kernel_have_their_line() {
        let point = |sockets: u64| MemoryPoint {
            sockets,
            pss_bytes: BTreeMap::from([
                ("gateway".into(), 1000 + sockets * 2),
                ("redis".into(), 500),
            ]),
            kernel_bytes: Some(sockets * 5),
        };
        let memory = Memory::new(vec![point(0), point(100)], None);
        let slopes =
            ["gateway", "kernel", "redis"].map(|name| memory.slopes[name].bytes_per_socket);
        assert_eq!(slopes, [2.0, 5.0, 0.0]);
    }
}
