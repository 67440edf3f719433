//! Sees to it that a release holds the built web side, which npm makes and cargo does not.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=web/dist");
    if Path::new("web/dist").exists() {
        return;
    }
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let level = if release { "error" } else { "warning" };
    println!("cargo::{level}=the pages' scripts are not built: run `make web`");
}
