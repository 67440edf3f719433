//! What people do on their pages, at the routes, over a real database.

mod account;
mod affairs;
mod card_services;
mod delegations;
mod inbox;
mod records;
mod standing;
mod start;
mod support;
mod who_sees_what;
