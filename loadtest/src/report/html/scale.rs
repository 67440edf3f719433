//! Scales of a plot: values to positions.

use super::super::format::decimal;

/// Scale of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// Linear from 0.
    Linear,
    /// Linear from 0, in units of 2^20.
    Mebibytes,
    /// Linear from 0, in seconds.
    Time,
    /// Logarithmic.
    Log,
    /// Quantiles: each further nine has the same length.
    Nines,
}

/// A scale and its range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    scale: Scale,
    /// Ends of the range, as values of [`Scale::line`].
    from: f64,
    to: f64,
}

/// Largest distance of a quantile from 1 that is told apart, because the maximum has infinitely many nines.
const LAST_QUANTILE: f64 = 0.999_999;

/// Factors of round numbers.
const FINE: [f64; 3] = [1.0, 2.0, 5.0];

impl Scale {
    /// Maps a value to a line without ends.
    fn line(self, value: f64) -> f64 {
        match self {
            Self::Linear | Self::Time => value,
            Self::Mebibytes => value / 1_048_576.0,
            Self::Log => value.max(1e-3).log10(),
            Self::Nines => -(1.0 - value.clamp(0.0, LAST_QUANTILE)).log10(),
        }
    }
}

impl Axis {
    /// Creates an axis that shows all `values`.
    pub(super) fn of(scale: Scale, values: impl Iterator<Item = f64>) -> Self {
        let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values
            .filter(|value| value.is_finite())
            .map(|value| scale.line(value))
        {
            (from, to) = (from.min(value), to.max(value));
        }
        if from > to {
            (from, to) = (0.0, 1.0);
        }
        match scale {
            // The range ends at round numbers, so that there is space above the curve.
            Scale::Linear | Scale::Mebibytes => {
                let step = step(to);
                Self {
                    scale,
                    from: from.min(0.0),
                    to: (to / step).ceil().max(1.0) * step,
                }
            }
            Scale::Log => {
                let (from, to) = (around(from - 0.02).0, around(to + 0.02).1);
                Self { scale, from, to }
            }
            Scale::Time => Self {
                scale,
                from: 0.0,
                to: to.max(1.0),
            },
            Scale::Nines => Self {
                scale,
                from: 0.0,
                to: to.max(1.0),
            },
        }
    }

    /// Creates an axis of time that ends at the last second.
    pub(super) fn of_time(seconds: f64) -> Self {
        Self::of(Scale::Time, std::iter::once(seconds))
    }

    /// Maps a value to a position from 0 to 1.
    pub(super) fn place(&self, value: f64) -> f64 {
        ((self.scale.line(value) - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }

    /// Returns the positions and labels of the marks.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let place = |line: f64| (line - self.from) / (self.to - self.from);
        match self.scale {
            Scale::Linear | Scale::Mebibytes | Scale::Time => {
                let step = if self.scale == Scale::Time {
                    time_step(self.to)
                } else {
                    step(self.to)
                };
                let count = (self.to / step + 1e-9).floor() as u32;
                let marks = (0..=count).map(|number| f64::from(number) * step);
                marks.map(|mark| (place(mark), short(mark))).collect()
            }
            Scale::Log => {
                let powers = self.from.floor() as i32..=self.to.ceil() as i32;
                let factors: &[f64] = if self.to - self.from > 2.5 {
                    &FINE[..1]
                } else {
                    &FINE
                };
                let marks = powers.flat_map(|power| {
                    factors
                        .iter()
                        .map(move |factor| factor * 10_f64.powi(power))
                });
                let places = marks.map(|mark| (place(mark.log10()), short(mark)));
                places
                    .filter(|(place, _)| (-1e-9..=1.0 + 1e-9).contains(place))
                    .collect()
            }
            Scale::Nines => {
                let nines = 0..=self.to as usize;
                nines
                    .map(|nines| (place(nines as f64), quantile(nines)))
                    .collect()
            }
        }
    }
}

/// Returns the round numbers (1, 2 or 5 times a power of ten) below and above a logarithm, as logarithms.
fn around(log: f64) -> (f64, f64) {
    let marks = FINE.map(|factor| factor.log10() + log.floor());
    let below = marks
        .into_iter()
        .rev()
        .find(|mark| *mark <= log)
        .unwrap_or(marks[0]);
    let above = marks
        .into_iter()
        .find(|mark| *mark >= log)
        .unwrap_or(log.floor() + 1.0);
    (below, above)
}

/// Returns a round distance for about five marks up to `to`.
fn step(to: f64) -> f64 {
    let rough = to.max(f64::MIN_POSITIVE) / 5.0;
    let power = 10_f64.powf(rough.log10().floor());
    let factor = FINE
        .into_iter()
        .find(|factor| factor * power >= rough * 0.999);
    factor.unwrap_or(10.0) * power
}

/// Returns a distance in seconds for at most six marks up to `to`, in units of a clock.
fn time_step(to: f64) -> f64 {
    const STEPS: [f64; 12] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0,
    ];
    STEPS
        .into_iter()
        .find(|step| to / step <= 6.0)
        .unwrap_or_else(|| step(to))
}

/// Formats without trailing zeros.
fn short(value: f64) -> String {
    let text = decimal(value);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// `0 %`, `90 %`, `99 %`, `99.9 %` …
fn quantile(nines: usize) -> String {
    match nines {
        0 => "0 %".into(),
        1 => "90 %".into(),
        2 => "99 %".into(),
        more => format!("99.{} %", "9".repeat(more - 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: Axis) -> Vec<String> {
        axis.ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn marks_are_few_and_round() {
        let linear = |to: f64| labels(Axis::of(Scale::Linear, [to].into_iter()));
        assert_eq!(linear(500.0), ["0", "100", "200", "300", "400", "500"]);
        assert_eq!(linear(0.47), ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(linear(15_000.0), ["0", "5,000", "10,000", "15,000"]);
        assert_eq!(linear(0.0).len(), 2);
        assert_eq!(labels(Axis::of_time(125.0)), ["0", "30", "60", "90", "120"]);
        assert_eq!(labels(Axis::of_time(86_400.0)).len(), 5);
        assert_eq!(
            labels(Axis::of(Scale::Log, [0.4, 32.0].into_iter())),
            ["0.2", "0.5", "1", "2", "5", "10", "20", "50"]
        );
        assert_eq!(
            labels(Axis::of(Scale::Log, [0.4, 900.0].into_iter())),
            ["1", "10", "100", "1,000"]
        );
        assert_eq!(
            labels(Axis::of(Scale::Log, [3.0, 3.0].into_iter())),
            ["2", "5"]
        );
        assert_eq!(
            labels(Axis::of(Scale::Nines, [0.0, 0.9995].into_iter())),
            ["0 %", "90 %", "99 %", "99.9 %"]
        );
        assert!(labels(Axis::of(Scale::Log, std::iter::empty())).len() > 1);
    }

    #[test]
    fn values_lie_within_the_axis() {
        for scale in [
            Scale::Linear,
            Scale::Time,
            Scale::Mebibytes,
            Scale::Log,
            Scale::Nines,
        ] {
            let axis = Axis::of(scale, [0.0, 0.5, 1.0].into_iter());
            for value in [0.0, 0.5, 1.0, f64::MAX] {
                assert!(
                    (0.0..=1.0).contains(&axis.place(value)),
                    "{scale:?} {value}"
                );
            }
            assert!(
                axis.ticks()
                    .iter()
                    .all(|(place, _)| (-1e-9..=1.0 + 1e-9).contains(place)),
                "{scale:?}"
            );
        }
    }
}
