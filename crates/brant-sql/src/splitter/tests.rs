//! What is read in a short way is read as it is in the long one.

use proptest::prelude::*;

use super::*;
use crate::DIALECTS;
use crate::pattern::lexemes;

/// Bits of SQL; none that changes how what follows is read.
const VOCABULARY: &[&str] = &[
    ";",
    ";\n",
    "\n",
    " ",
    "'",
    "''",
    "\"",
    "`",
    "$$",
    "$1",
    "E'",
    "\\'",
    "-- c\n",
    "- ",
    "#",
    "/*",
    "*/",
    "/*+ h */",
    "(",
    ")",
    ".",
    ",",
    "=",
    "//",
    "DELIMITER //\n",
    "DELIMITER ;\n",
    "BEGIN",
    " BEGIN ",
    " END;\n",
    " END IF;\n",
    "IF ",
    "CREATE ",
    "PROCEDURE p() ",
    "TRIGGER t ",
    "FOR EACH ROW ",
    "SELECT ",
    "DROP TABLE t",
    "1",
    "x",
    "ä",
];

/// What decides how the rest of a text is read, among what doesn't.
const BEGINNINGS: &[&str] = &[
    "",
    "SELECT ",
    "COPY t FROM STDIN",
    "COPYX ",
    "DELIMITER //\n",
    "SOURCE f",
    "source_1 ",
    "SET sql_mode='ANSI' ",
    "BEGIN NOT ATOMIC ",
    "CREATE PROCEDURE p() BEGIN ",
    "/*! x",
    "E",
    "\\",
];

proptest! {
    #[test]
    fn one_command_has_the_tokens_that_the_splitter_sees(
        beginning in prop::sample::select(BEGINNINGS),
        words in prop::collection::vec(prop::sample::select(VOCABULARY), 0..12),
        end in prop::sample::select(&["", ";", ";;", ";\n", "; -- c"][..]),
    ) {
        let text = [beginning, &words.concat().replace(';', ""), end].concat();
        for dialect in DIALECTS {
            let (mut tokens, mut all) = (Vec::new(), Vec::new());
            let read = each_token(&text, *dialect, |token| tokens.push(token));
            prop_assert_eq!(read, Splitter::new(&text, dialect.lexis()).run(|token| all.push(token)));
            prop_assert_eq!(tokens, all);

            // A semicolon that ends nothing, since a parenthesis or a body is open, tells nothing either.
            let told = |mut commands: Option<Vec<Vec<Lexeme<'_>>>>| {
                commands.iter_mut().flatten().for_each(|command| command.retain(|lexeme| !lexeme.is_symbol(b';')));
                format!("{commands:?}")
            };
            let lexis = dialect.lexis();
            prop_assert_eq!(told(commands(&text, lexis)), told(several_commands(&text, lexis)));
        }
    }

    #[test]
    fn a_command_holds_what_its_own_text_does(
        words in prop::collection::vec(prop::sample::select(VOCABULARY), 0..40),
    ) {
        let text = words.concat();
        for dialect in DIALECTS {
            let lexis = dialect.lexis();
            let mut splitter = Splitter::new(&text, lexis);
            let read = splitter.run(|_| {});
            let Some(commands) = commands(&text, lexis) else {
                prop_assert!(read.is_err());
                continue;
            };
            let again = splitter.commands.into_iter().map(|range| lexemes(&text[range], lexis).unwrap());
            prop_assert_eq!(format!("{commands:?}"), format!("{:?}", again.collect::<Vec<_>>()));
        }
    }
}
