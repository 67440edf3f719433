//! A forgotten password, on both surfaces: name and ID number, a proof of the person, another password.
//!
//! ```text
//! /login/forgotten: name and ID number ──► /login/forgotten/proof ──► SMS code, or on the phone a face check
//!                                                        └──► another password ──► every login has ended ──► log in
//! ```
//!
//! No answer tells who has an account (threat T59): each person who is named comes to the same pages, asks for codes by the
//! same allowances, and types them with the same tries; only nothing is sent. The answers take the same time, and no carrier
//! is waited for.

mod draft;
mod pages;
mod service;

pub(crate) use pages::routes;
