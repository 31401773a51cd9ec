//! The program does what it says.

#[test]
fn the_example_runs() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_example-hooks")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}
