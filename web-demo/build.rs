//! Sees to it that a release holds the built web side, which npm makes and cargo does not.

use std::path::Path;

/// What is missing without the web side's build: the pages' scripts, and the weights of the face check, without which
/// its pages offer the other way only.
const BUILT: [&str; 2] = [
    "web/dist/face-check.js",
    "web/dist/weights/face_recognition_model.bin",
];

fn main() {
    println!("cargo::rerun-if-changed=web/dist");
    let missing: Vec<&str> = BUILT
        .into_iter()
        .filter(|file| !Path::new(file).exists())
        .collect();
    if missing.is_empty() {
        return;
    }
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let level = if release { "error" } else { "warning" };
    println!(
        "cargo::{level}=the web side is not built: run `make web` ({} missing)",
        missing.join(", ")
    );
}
