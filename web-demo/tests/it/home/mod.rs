//! The pages of the portal that people and units are logged in for.

mod access;
mod account;
mod affairs;
mod card_services;
mod delegations;
mod endings;
mod inbox;
mod records;
mod start;
