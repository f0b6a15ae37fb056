//! Imports the loan log into a store, rebuilds every case, reports how the applications fare, and compares the figures with the
//! published ones.

mod arguments;
mod chart;
mod report;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use eskit::RetryPolicy;
use eskit::layer::Retrying;
use eskit::prelude::*;
use loans::{Figures, FunnelViews, LogFile};

use arguments::{Arguments, usage};
use report::{Outcome, Report};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::from_env() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            // A reader that goes away has read enough.
            let _ = writeln!(std::io::stdout(), "{}", usage());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("error: {error}\n\n{}", usage());
            return ExitCode::from(2);
        }
    };
    match run(&arguments).await {
        Ok(Outcome::AsPublished) => ExitCode::SUCCESS,
        Ok(Outcome::Different) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<Outcome, Box<dyn Error>> {
    let mut file = LogFile::open(&arguments.file)?;
    // The ids of the events follow from the file, so an append may be tried again whatever became of it.
    let store = eskit::connect(&arguments.dsn).await?;
    let views = FunnelViews::open(&store).await?;
    // The report follows the log while it is imported, and goes on where it ended, as the import does.
    let app = views.follow(App::new(Retrying::new(store, RetryPolicy::default()))).start().await?;
    let mut report = Report::new(std::io::stdout().lock());
    report.sources(&file, &arguments.dsn)?;

    let bar = report::import_bar(&file);
    let start = Instant::now();
    let imported = loans::import(app.store(), &mut file, |file| report::advance(&bar, file)).await;
    bar.finish_and_clear();
    let imported = imported?;
    report.imported(&imported, start.elapsed())?;

    let bar = report::replay_bar(imported.events);
    let start = Instant::now();
    let figures = loans::replay(&app, |figures| bar.set_position(figures.events)).await;
    bar.finish_and_clear();
    let figures = figures?;
    report.replayed(&figures, start.elapsed())?;
    let funnel = views.report(&app).await?;
    app.stop().await?;
    report.funnel(funnel.as_ref())?;
    report.compared(&figures.compare(&Figures::PUBLISHED))
}
