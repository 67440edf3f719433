//! Scenario files and their overrides.

use super::*;

fn with(set: &[&str]) -> Overrides {
    Overrides {
        set: set.iter().map(|setting| (*setting).to_owned()).collect(),
        ..Overrides::default()
    }
}

fn error(name: &str, overrides: &Overrides) -> String {
    format!("{:#}", Scenario::read(name, overrides).unwrap_err())
}

#[test]
fn every_scenario_file_is_built_in_and_valid() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = files
        .map(|file| file.strip_suffix(".toml").unwrap().to_owned())
        .collect();
    names.sort();
    let mut built_in: Vec<_> = Scenario::built_in().iter().map(|(name, _)| *name).collect();
    built_in.sort_unstable();
    assert_eq!(names, built_in);
    for name in names {
        let scenario = Scenario::read(&name, &Overrides::default()).unwrap();
        assert!(
            scenario.about.len() > 10,
            "{name} does not tell its purpose"
        );
        let json = serde_json::to_string(&scenario).unwrap();
        assert_eq!(
            serde_json::from_str::<Scenario>(&json).unwrap(),
            scenario,
            "workers get the scenario as JSON"
        );
    }
}

#[test]
fn the_readme_describes_every_scenario() {
    let readme = include_str!("../../README.md");
    for (name, _) in Scenario::built_in() {
        assert!(
            readme.contains(&format!("\n| `{name}` | ")),
            "{name} has no row in loadtest/README.md"
        );
    }
}

#[test]
fn the_example_in_the_readme_is_valid() {
    let readme = include_str!("../../README.md");
    let (_, example) = readme
        .split_once("A scenario lists its phases:\n\n")
        .unwrap();
    let lines = example
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("    "));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lines.collect::<Vec<_>>().join("\n")).unwrap();
    let name = file.path().to_str().unwrap();
    let scenario = Scenario::read(name, &Overrides::default()).unwrap();
    assert_eq!((scenario.phases.len(), scenario.largest()), (2, 2000));
}

#[test]
fn overrides_change_the_phases() {
    let overrides = Overrides {
        browsers: vec![1, 2],
        rate: Some(500.0),
        duration: Some(7.0),
        ..with(&[
            "open.settle=9",
            "arrivals.abuse={addresses=1, opens=7.5}",
            "in_flight=3",
            "about=another",
        ])
    };
    let scenario = Scenario::read("login", &overrides).unwrap();
    let open = |browsers| {
        Phase::Open(Open {
            browsers,
            rate: 0.0,
            settle: 9.0,
        })
    };
    let arrivals = Arrivals {
        rate: 500.0,
        to_rate: None,
        duration: 7.0,
        redeem: true,
        abuse: Some(Abuse {
            addresses: 1,
            opens: 7.5,
            ..Abuse::default()
        }),
    };
    assert_eq!(
        scenario.phases,
        [open(1), open(2), Phase::Arrivals(arrivals)]
    );
    assert_eq!(
        (scenario.in_flight, scenario.about.as_str()),
        (3, "another")
    );
}

#[test]
fn abuse_floods_every_door_from_one_address() {
    let scenario = Scenario::read("abuse", &Overrides::default()).unwrap();
    let abuse = scenario.phases.iter().find_map(|phase| match phase {
        Phase::Arrivals(arrivals) => arrivals.abuse,
        _ => None,
    });
    let abuse = abuse.unwrap();
    assert_eq!(abuse.addresses, 1);
    assert!(abuse.rates().iter().all(|rate| *rate > 0.0), "{abuse:?}");
    assert_eq!(scenario.thresholds().unwrap().len(), 3);
}

#[test]
fn an_invalid_setting_is_refused_by_name() {
    let wrong = |setting: &str| error("login", &with(&[setting]));
    for (setting, named) in [
        ("ratte=1", "ratte"),
        ("arrivals.ratte=1", "ratte"),
        ("arrivals.rate=fast", "fast"),
        ("arrivals", "NAME=VALUE"),
        ("arrivals.rate=-1", "rate"),
        ("scan.rate=1", "no phase of the kind scan"),
    ] {
        assert!(wrong(setting).contains(named), "{}", wrong(setting));
    }
    assert!(error("nothing", &Overrides::default()).contains("hold, churn, login"));
    let skip = Overrides {
        skip: vec!["redeem".into()],
        ..Overrides::default()
    };
    assert!(error("login", &skip).contains("no such phase"));
    let rate = Overrides {
        rate: Some(1.0),
        ..Overrides::default()
    };
    assert!(error("hold", &rate).contains("no phase of the kind"));
}

#[test]
fn behaviours_occur_by_their_weights() {
    let behaviours = Behaviours {
        login: 6,
        cancel: 1,
        reject: 1,
        refresh: 1,
        slow: 1,
    };
    let count = |behaviour| {
        (0..1000)
            .filter(|number| behaviours.of(*number) == behaviour)
            .count()
    };
    assert_eq!(
        [
            Behaviour::Login,
            Behaviour::Cancel,
            Behaviour::Reject,
            Behaviour::Refresh,
            Behaviour::Slow
        ]
        .map(count),
        [600, 100, 100, 100, 100]
    );
    assert_eq!(Behaviours::default().of(7), Behaviour::Login);
}

#[test]
fn steps_take_each_browser_once_and_end_before_its_login_expires() {
    let read = |browsers: u64, rate: Option<f64>, skip: &[&str], set: &[&str]| {
        let overrides = Overrides {
            browsers: vec![browsers],
            rate,
            skip: skip.iter().map(|kind| (*kind).to_owned()).collect(),
            ..with(set)
        };
        Scenario::read("steps", &overrides).map_err(|error| format!("{error:#}"))
    };
    let scenario = read(14_001, Some(2300.0), &[], &["scan.rate=1500"]).unwrap();
    let arrivals: Vec<_> = scenario
        .phases
        .iter()
        .filter_map(Phase::step)
        .map(|(step, phase)| (step.name(), phase.ramp(14_001).arrivals()))
        .collect();
    assert_eq!(
        arrivals,
        [("scan", 14_001), ("confirm", 14_001), ("redeem", 14_001)]
    );
    let short = read(5000, None, &["redeem"], &[]).unwrap();
    assert!(short.has_step(Step::Confirm) && !short.has_step(Step::Redeem));
    let refused = |browsers, rate, set: &[&str]| read(browsers, rate, &[], set).unwrap_err();
    assert!(
        refused(9000, None, &["scan.rate=100"]).contains("confirm once it is scanned for 95 s")
    );
    assert!(refused(9000, Some(150.0), &[]).contains("code to be redeemed for 65 s"));
    assert!(read(9000, Some(150.0), &["redeem"], &[]).is_ok());
    assert!(refused(5000, None, &["open.settle=602"]).contains("waits for its scan for 607 s"));
    assert!(refused(5000, Some(0.0), &[]).contains("need a rate"));
    assert!(
        read(5000, None, &["scan"], &[])
            .unwrap_err()
            .contains("in this order")
    );
    assert!(refused(5000, None, &["behaviours.slow=1"]).contains("no behaviours"));
}
