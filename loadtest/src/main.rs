//! Binary of the load tester.

mod cli;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Parser;
use saoma_load::coordinator::Run;
use saoma_load::coordinator::processes::ProcessGroup;
use saoma_load::deployment::{self, Deployment};
use saoma_load::messages::Target;
use saoma_load::report::commands::EX_THRESHOLD;
use saoma_load::report::verdict::Verdict;
use saoma_load::report::{self, Report};
use saoma_load::scenario::{Scenario, Server};
use saoma_load::terminal::{Display, Mode};
use saoma_load::worker;

use crate::cli::{Cli, Command, MakeArguments, RunArguments};

const EX_USAGE: u8 = 64;

/// Files of a worker in addition to its browsers' sockets: connections of phones and abusers.
const OTHER_FILES: u64 = 1200;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors. A failure to print them cannot be reported anywhere.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(EX_USAGE)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let done = match cli.command {
        Command::Run(arguments) => run(&arguments),
        Command::Scenarios => {
            for (name, text) in Scenario::built_in() {
                println!("# {name}\n{text}");
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Show(arguments) => arguments.run().map(exit_code),
        Command::Compare(arguments) => arguments.run().map(exit_code),
        Command::Schema => {
            print!("{}", report::file::schema());
            Ok(ExitCode::SUCCESS)
        }
        Command::MakeDeployment(MakeArguments {
            directory,
            store_url,
            limits,
        }) => deployment::make(&directory, &store_url, limits).map(|()| ExitCode::SUCCESS),
        Command::Worker => {
            // The coordinator has checked already that the limit is high enough.
            let _ = rlimit::increase_nofile_limit(u64::MAX);
            worker::run().map(|()| ExitCode::SUCCESS)
        }
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("saoma-load: {}", saoma_client::error_chain(error.as_ref()));
            ExitCode::from(1)
        }
    }
}

fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let scenario = Scenario::read(&arguments.scenario, &arguments.overrides())?;
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1024);
    let per_worker = scenario.largest().div_ceil(u64::from(arguments.workers));
    ensure!(
        per_worker + OTHER_FILES <= files,
        "{per_worker} browsers per worker need more than the {files} open files of a process: \
         use more --workers, or raise `ulimit -n`"
    );
    let mut thresholds = scenario.thresholds()?;
    thresholds.extend_from_slice(&arguments.thresholds);
    let run = Run {
        name: name_of(&arguments.scenario),
        target: target(arguments, scenario.server)?,
        scenario,
        workers: arguments.workers,
        groups: groups(arguments)?,
        executable: std::env::current_exe().context("the path of this program is unknown")?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut report = runtime.block_on(async {
        let mut display = Display::start(Mode::choose(arguments.no_tui)).context("no terminal")?;
        let stop = display.stop();
        let report = run.execute(&mut display, stop.requested()).await;
        display.finish();
        report
    })?;
    report.judge(&thresholds);
    println!("{report}");
    if let Some(file) = &arguments.json {
        std::fs::write(file, report.to_json())
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    if let Some(file) = &arguments.html {
        report.write_page(file)?;
    }
    Ok(verdict(&report))
}

/// Returns the name of a run: a built-in scenario's, or a file's without its extension.
fn name_of(scenario: &str) -> String {
    Path::new(scenario).file_stem().map_or_else(
        || scenario.to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}

fn target(arguments: &RunArguments, server: Server) -> anyhow::Result<Target> {
    Ok(match server {
        Server::Gateway => {
            ensure!(
                !arguments.targets.is_empty(),
                "expected a gateway's address: --target URL"
            );
            let deployment = Deployment::read(&arguments.deployment)?;
            let tokens = deployment.tokens()?;
            let authorities = match &arguments.ca {
                Some(file) => Some(
                    std::fs::read_to_string(file)
                        .with_context(|| format!("cannot read {}", file.display()))?,
                ),
                None => None,
            };
            Target::Gateway {
                authorities,
                nodes: arguments.targets.clone(),
                deployment: Box::new(deployment),
                tokens,
            }
        }
        Server::Plain => {
            let (Some(subscribe), Some(publish)) =
                (arguments.subscribe.clone(), arguments.publish.clone())
            else {
                anyhow::bail!("expected the server's addresses: --subscribe URL --publish URL");
            };
            Target::Plain { subscribe, publish }
        }
    })
}

fn groups(arguments: &RunArguments) -> anyhow::Result<Vec<ProcessGroup>> {
    let mut named = arguments.pids.clone();
    if let Some(file) = &arguments.pid_file {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            named.push(
                line.parse()
                    .with_context(|| format!("{}: {line}", file.display()))?,
            );
        }
    }
    Ok(ProcessGroup::merge(named))
}

fn exit_code(thresholds_kept: bool) -> ExitCode {
    if thresholds_kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(EX_THRESHOLD)
    }
}

fn verdict(report: &Report) -> ExitCode {
    let arrived: u64 = report.series.iter().map(|second| second.arrivals).sum();
    let done: u64 = report.series.iter().map(|second| second.done).sum();
    match report.verdict() {
        Verdict::Void(reason) => {
            eprintln!("saoma-load: the figures do not count: {reason}");
            ExitCode::from(3)
        }
        Verdict::NotClean => ExitCode::from(2),
        // Without a ledger a failed arrival shows only in these counts.
        Verdict::NoLogins if arrived > done => ExitCode::from(2),
        Verdict::NoLogins | Verdict::Clean => exit_code(report.keeps_thresholds()),
    }
}
