//! Processor time by step: the phases of a run in which something was done, those of one name together.

use super::model::{Phase, Report};

/// All phases of one name.
#[derive(Debug)]
pub struct Step<'a> {
    /// Name of the phases.
    pub name: &'a str,
    /// Completed arrivals.
    pub done: u64,
    /// Length in seconds.
    pub seconds: f64,
    phases: Vec<&'a Phase>,
}

impl Step<'_> {
    /// Returns the processor milliseconds of a process group per 1,000 completed arrivals, or `None` if it was not
    /// watched.
    pub fn cpu_ms_per_1000(&self, process: &str) -> Option<f64> {
        let used = self
            .phases
            .iter()
            .map(|phase| Some(phase.processes.get(process)?.cpu_seconds));
        let used: f64 = used.sum::<Option<f64>>()?;
        Some(used * 1e6 / self.done as f64)
    }
}

impl Report {
    /// Returns the steps in which something was done while processes were watched, in the order of their start.
    pub fn steps(&self) -> Vec<Step<'_>> {
        let mut steps: Vec<Step<'_>> = Vec::new();
        for phase in self
            .phases
            .iter()
            .filter(|phase| phase.done > 0 && !phase.processes.is_empty())
        {
            let at = steps
                .iter()
                .position(|step| step.name == phase.name)
                .unwrap_or_else(|| {
                    steps.push(Step {
                        name: &phase.name,
                        done: 0,
                        seconds: 0.0,
                        phases: Vec::new(),
                    });
                    steps.len() - 1
                });
            let step = &mut steps[at];
            step.done += phase.done;
            step.seconds += phase.seconds;
            step.phases.push(phase);
        }
        steps
    }

    /// Returns the step of this name.
    pub fn step(&self, name: &str) -> Option<Step<'_>> {
        self.steps().into_iter().find(|step| step.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::sample_of_steps;

    #[test]
    fn a_step_costs_its_processor_time_divided_by_its_arrivals() {
        let mut report = sample_of_steps();
        let names: Vec<_> = report
            .steps()
            .iter()
            .map(|step| step.name.to_owned())
            .collect();
        assert_eq!(names, ["open", "scan", "confirm", "redeem"]);
        let cost = |process| report.step("confirm").unwrap().cpu_ms_per_1000(process);
        assert_eq!(
            (cost("gateway"), cost("redis"), cost("proxy")),
            (Some(300.0), Some(150.0), None)
        );
        let mut dear = report.phases[2].clone();
        dear.processes.get_mut("gateway").unwrap().cpu_seconds *= 3.0;
        report.phases.push(dear);
        let confirm = report.step("confirm").unwrap();
        assert_eq!(
            (confirm.done, confirm.cpu_ms_per_1000("gateway")),
            (28_000, Some(600.0))
        );
    }

    #[test]
    fn a_phase_without_watched_processes_or_arrivals_is_no_step() {
        let mut report = sample_of_steps();
        report.phases.truncate(2);
        report.phases[0].done = 0;
        report.phases[1].processes.clear();
        assert!(report.steps().is_empty());
        assert!(report.figure("gateway.cpu_ms_per_1000_opens").is_none());
    }
}
