//! Scenario files, and settings on top of them.

use super::*;

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
        let scenario = Scenario::read(&name, &[]).unwrap();
        assert!(
            scenario.about.len() > 10,
            "{name} does not say what it shows"
        );
    }
}

#[test]
fn the_readme_tells_of_every_scenario() {
    let readme = include_str!("../../README.md");
    for (name, _) in Scenario::built_in() {
        assert!(
            readme.contains(&format!("\n| `{name}` | ")),
            "{name} stands in no row of loadtest/README.md"
        );
    }
}

#[test]
fn settings_of_the_command_line_come_on_top() {
    let settings = [
        "rate=500",
        "sizes=[1, 2]",
        "abuse.opens=7.5",
        "about=another",
    ]
    .map(str::to_owned);
    let scenario = Scenario::read("login", &settings).unwrap();
    assert_eq!(
        (scenario.rate, scenario.largest(), scenario.about.as_str()),
        (500.0, 2, "another")
    );
    assert_eq!(scenario.abuse.unwrap().opens, 7.5);
}

#[test]
fn a_wrong_setting_is_refused_by_name() {
    let wrong = |setting: &str| {
        format!(
            "{:#}",
            Scenario::read("login", &[setting.into()]).unwrap_err()
        )
    };
    assert!(wrong("ratte=1").contains("ratte"), "{}", wrong("ratte=1"));
    assert!(
        wrong("rate=fast").contains("fast") || wrong("rate=fast").contains("rate"),
        "{}",
        wrong("rate=fast")
    );
    assert!(wrong("rate").contains("NAME=VALUE"));
    assert!(wrong("rate=-1").contains("rate"));
    assert!(format!("{:#}", Scenario::read("nothing", &[]).unwrap_err()).contains("hold, login"));
}

#[test]
fn people_come_in_the_shares_that_are_asked_for() {
    let people = People {
        login: 6,
        cancel: 1,
        reject: 1,
        refresh: 1,
        slow: 1,
    };
    let count = |deed| {
        (0..1000)
            .filter(|number| people.deed(*number) == deed)
            .count()
    };
    assert_eq!(
        [
            Deed::Login,
            Deed::Cancel,
            Deed::Reject,
            Deed::Refresh,
            Deed::Slow
        ]
        .map(count),
        [600, 100, 100, 100, 100]
    );
    assert_eq!(People::default().deed(7), Deed::Login);
}

#[test]
fn steps_take_each_browser_once_and_end_before_its_login_does() {
    let read = |settings: &[&str]| {
        let settings: Vec<_> = settings
            .iter()
            .map(|setting| (*setting).to_owned())
            .collect();
        Scenario::read("steps", &settings).map_err(|error| format!("{error:#}"))
    };
    let scenario = read(&["browsers=14001", "rate=2300", "scan_rate=1500"]).unwrap();
    let arrivals: Vec<_> = scenario
        .arrivals()
        .iter()
        .map(|(step, stage)| (step.name(), stage.arrivals()))
        .collect();
    assert_eq!(
        arrivals,
        [("scan", 14_001), ("confirm", 14_001), ("redeem", 14_001)]
    );
    assert_eq!(read(&["redeem=false"]).unwrap().arrivals().len(), 2);
    assert!(
        read(&["browsers=9000", "scan_rate=100"])
            .unwrap_err()
            .contains("confirm once it is scanned for 95 s")
    );
    assert!(
        read(&["browsers=9000", "rate=150"])
            .unwrap_err()
            .contains("code to be redeemed for 65 s")
    );
    assert!(read(&["browsers=9000", "rate=150", "redeem=false"]).is_ok());
    assert!(
        read(&["idle=600"])
            .unwrap_err()
            .contains("waits for its scan for 607 s")
    );
    assert!(read(&["rate=0"]).unwrap_err().contains("steps need a rate"));
    assert!(read(&["rate_to=9"]).unwrap_err().contains("no rate_to"));
    assert!(
        read(&["steps=false", "scan_rate=9"])
            .unwrap_err()
            .contains("scan_rate is for")
    );
}
