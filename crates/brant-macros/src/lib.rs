//! `embed!`: the migrations of a directory, read, checked and built in at compile time.
//!
//! Part of brant: use it as `brant::embed!`.

mod directory;

use std::path::{Path, PathBuf};

use proc_macro::{TokenStream, TokenTree};

/// The migrations of a directory, built into the program.
///
/// The directory is named relative to the folder of `Cargo.toml`. Its `.sql` files are embedded; its `.rs` files become
/// modules, and their `up` and `down` are registered by the version in the file's name, so that SQL and Rust share one
/// folder and one order. What is wrong with a file (its name, its version, its annotations, SQL that is none in any
/// dialect) is an error of the compiler. Files of Go keep their place, to be given a body in Rust.
///
/// A `.rs` file has `pub async fn up(ctx: &mut brant::Context<'_>) -> brant::Result<()>`, and `down` likewise. Lines of its
/// own say what is unusual:
///
/// - `// +brant NO TRANSACTION`: it runs outside of a transaction.
/// - `// +brant IRREVERSIBLE reason`: it has no `down`.
///
/// The compiler sees when a file changes, but not that one was added: a build script must tell it. Put this into
/// `build.rs`: `fn main() { println!("cargo:rerun-if-changed=migrations"); }`, or call
/// `brant_build::rebuild_on_change("migrations")`, which also complains about a folder that is not there.
#[proc_macro]
pub fn embed(input: TokenStream) -> TokenStream {
    let code = named(input).and_then(|dir| directory::embed(&root(), &dir));
    let code = code.unwrap_or_else(|message| format!("::core::compile_error!({message:?})"));
    code.parse().unwrap_or_default()
}

/// The one argument, a string.
fn named(input: TokenStream) -> Result<PathBuf, String> {
    let wanted = || "embed! takes the name of a directory: embed!(\"migrations\")".to_owned();
    let mut tokens = input.into_iter();
    let (Some(TokenTree::Literal(literal)), None) = (tokens.next(), tokens.next()) else {
        return Err(wanted());
    };
    let text = literal.to_string();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).ok_or_else(wanted)?;
    if inner.contains('\\') {
        return Err("embed! takes the name of a directory with `/` between its parts".to_owned());
    }
    Ok(Path::new(inner).to_owned())
}

fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from)
}
