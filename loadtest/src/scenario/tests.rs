//! Scenario files, and settings on top of them.

use super::*;

#[test]
fn every_scenario_file_is_built_in_and_valid() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = files.map(|file| file.strip_suffix(".toml").unwrap().to_owned()).collect();
    names.sort();
    let mut built_in: Vec<_> = Scenario::built_in().iter().map(|(name, _)| *name).collect();
    built_in.sort_unstable();
    assert_eq!(names, built_in);
    for name in names {
        let scenario = Scenario::read(&name, &[]).unwrap();
        assert!(scenario.about.len() > 10, "{name} does not say what it shows");
    }
}

#[test]
fn settings_of_the_command_line_come_on_top() {
    let settings = ["rate=500", "sizes=[1, 2]", "abuse.opens=7.5", "about=another"].map(str::to_owned);
    let scenario = Scenario::read("login", &settings).unwrap();
    assert_eq!((scenario.rate, scenario.largest(), scenario.about.as_str()), (500.0, 2, "another"));
    assert_eq!(scenario.abuse.unwrap().opens, 7.5);
}

#[test]
fn a_wrong_setting_is_refused_by_name() {
    let wrong = |setting: &str| format!("{:#}", Scenario::read("login", &[setting.into()]).unwrap_err());
    assert!(wrong("ratte=1").contains("ratte"), "{}", wrong("ratte=1"));
    assert!(wrong("rate=fast").contains("fast") || wrong("rate=fast").contains("rate"), "{}", wrong("rate=fast"));
    assert!(wrong("rate").contains("NAME=VALUE"));
    assert!(wrong("rate=-1").contains("rate"));
    assert!(format!("{:#}", Scenario::read("nothing", &[]).unwrap_err()).contains("hold, login"));
}

#[test]
fn people_come_in_the_shares_that_are_asked_for() {
    let people = People { login: 6, cancel: 1, reject: 1, refresh: 1, slow: 1 };
    let count = |deed| (0..1000).filter(|number| people.deed(*number) == deed).count();
    assert_eq!(
        [Deed::Login, Deed::Cancel, Deed::Reject, Deed::Refresh, Deed::Slow].map(count),
        [600, 100, 100, 100, 100]
    );
    assert_eq!(People::default().deed(7), Deed::Login);
}
