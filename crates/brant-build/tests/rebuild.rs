//! A program is built again when a migration is added to its folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A small program that lists the versions that it holds.
struct Project {
    dir: tempfile::TempDir,
}

impl Project {
    fn new() -> Self {
        let project = Self { dir: tempfile::tempdir().unwrap() };
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let manifest = format!(
            "[package]\nname = \"lists\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\nbrant = {{ path = \
             {:?} }}\n\n[build-dependencies]\nbrant-build = {{ path = {:?} }}\n\n[workspace]\n",
            crates.join("brant"),
            crates.join("brant-build"),
        );
        project.write("Cargo.toml", &manifest);
        // The same versions as the workspace's own build has, for which nothing has to be fetched.
        fs::copy(crates.parent().unwrap().join("Cargo.lock"), project.dir.path().join("Cargo.lock")).unwrap();
        project.write("build.rs", "fn main() { brant_build::rebuild_on_change(\"migrations\"); }\n");
        project.write(
            "src/main.rs",
            "fn main() {\n    for source in brant::embed!(\"migrations\").list_sources() {\n        println!(\"{} {}\", \
             source.version, source.name);\n    }\n}\n",
        );
        project
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Builds and runs it. The dependencies are built once, and kept from one run of the tests to the next.
    fn run(&self) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["run", "--offline", "--quiet"]).current_dir(self.dir.path());
        cargo.env("CARGO_TARGET_DIR", target()).env("RUST_BACKTRACE", "0");
        cargo.output().unwrap()
    }

    fn listed(&self) -> String {
        let output = self.run();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("rebuild")
}

const SQL: &str = "-- +goose Up\nSELECT 1;\n";

#[test]
fn a_new_file_is_in_the_next_build() {
    let project = Project::new();
    let output = project.run();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("there is no directory `migrations` beside Cargo.toml"), "{told}");

    project.write("migrations/00001_users.sql", SQL);
    assert_eq!(project.listed(), "1 users\n");
    project.write("migrations/00002_orders.sql", SQL);
    assert_eq!(project.listed(), "1 users\n2 orders\n");
    fs::remove_file(project.dir.path().join("migrations/00001_users.sql")).unwrap();
    assert_eq!(project.listed(), "2 orders\n");
}
