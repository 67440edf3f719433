//! The pages of a person's records: a list for each kind, and a page for one record.

mod announcements;
mod applications;
mod exams;
mod inbox;
mod insurance;
mod list;
mod questions;
mod resume;
mod training;

use axum::Router;
use axum::routing::{get, post};

use super::Hall;

pub(super) fn routes() -> Router<Hall> {
    let statement = get(insurance::statement).post(insurance::statement_in_full);
    let application = get(applications::form).post(applications::submit);
    let withdrawal = get(applications::ask_to_withdraw).post(applications::withdraw);
    let cancellation = get(exams::ask_to_cancel).post(exams::cancel);
    let leaving = get(training::ask_to_leave).post(training::leave);
    Router::new()
        .route("/insurance/statement", statement)
        .route("/insurance/{insurance}", get(insurance::show))
        .route("/announcements", get(announcements::list))
        .route("/announcements/{id}", get(announcements::show))
        .route("/applications", get(applications::list))
        .route("/applications/new/{service}", application)
        .route("/applications/{id}", get(applications::show))
        .route("/applications/{id}/withdraw", withdrawal)
        .route("/exams", get(exams::list))
        .route("/exams/{id}/register", post(exams::register))
        .route("/exams/{id}/cancel", cancellation)
        .route("/questions", get(questions::list).post(questions::ask))
        .route("/resume", get(resume::show).post(resume::keep))
        .route("/resume/edit", get(resume::edit))
        .route("/inbox", get(inbox::list))
        .route("/inbox/{id}", get(inbox::show))
        .route("/inbox/{id}/not-me", post(inbox::end_login))
        .route("/training", get(training::list))
        .route("/training/{id}/enrol", post(training::enrol))
        .route("/training/{id}/leave", leaving)
}
