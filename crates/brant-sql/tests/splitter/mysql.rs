//! The ways of MySQL and MariaDB to write SQL.

use crate::common::check_pieces;

fn check(cases: &[(&str, &str, &[&str])]) {
    check_pieces("mysql", cases);
}

/// Each of these is one statement, and another after it is another.
fn check_whole(statements: &[&str]) {
    for statement in statements {
        let text = format!("{statement}\nSELECT 'next';\n");
        check(&[("whole", &text, &[statement, "SELECT 'next';"])]);
    }
}

#[test]
fn strings_and_quotes() {
    check(&[
        ("a backslash escapes", "SELECT 'it\\'s;\n';", &["SELECT 'it\\'s;\n';"]),
        ("an escaped backslash", "SELECT '\\\\';\nSELECT 1;", &["SELECT '\\\\';", "SELECT 1;"]),
        ("double quotes are a string", "SELECT \"a\\\";\n\";", &["SELECT \"a\\\";\n\";"]),
        ("backticks", "SELECT `a;\n``\\`;\nSELECT 1;", &["SELECT `a;\n``\\`;", "SELECT 1;"]),
        ("NULL by another name", "SELECT \\N;\nSELECT 1;", &["SELECT \\N;", "SELECT 1;"]),
        ("a character set", "SELECT _utf8'a;\n', N'b;\n';", &["SELECT _utf8'a;\n', N'b;\n';"]),
        ("no dollar quotes", "SELECT $$;\nSELECT $$;", &["SELECT $$;", "SELECT $$;"]),
        ("no escape strings", "SELECT e'\\';\n';", &["SELECT e'\\';\n';"]),
    ]);
}

#[test]
fn comments() {
    check(&[
        ("two minuses without a blank", "SELECT 1--1;\nSELECT 2;", &["SELECT 1--1;", "SELECT 2;"]),
        ("two minuses with one", "SELECT 1 -- 1;\n;", &["SELECT 1 -- 1;\n;"]),
        ("two minuses at the line's end", "--\nSELECT 1; --\nSELECT 2;", &["SELECT 1;", "SELECT 2;"]),
        (
            "between statements, no blank is needed",
            "--it's\nSELECT 1; --a\n---b\nSELECT 2--1;",
            &["SELECT 1;", "SELECT 2--1;"],
        ),
        ("#", "# it's; a comment\nSELECT 1; # c\nSELECT 2#;\n;", &["SELECT 1;", "SELECT 2#;\n;"]),
        ("no nesting", "/* a /* b */ SELECT 1;", &["SELECT 1;"]),
        (
            "an executable comment is SQL",
            "/*!40101 SET NAMES utf8 */;\nSELECT 1;",
            &["/*!40101 SET NAMES utf8 */;", "SELECT 1;"],
        ),
        ("a semicolon in one", "/*!50003 a;\nb */;\nSELECT 1;", &["/*!50003 a;\nb */;", "SELECT 1;"]),
        (
            "in the middle",
            "CREATE TABLE t (a int) /*!50100 PARTITION BY HASH (a) */;\n",
            &["CREATE TABLE t (a int) /*!50100 PARTITION BY HASH (a) */;"],
        ),
        ("MariaDB's", "/*M!100100 SELECT 1 */;\nSELECT 2;", &["/*M!100100 SELECT 1 */;", "SELECT 2;"]),
        (
            "a comment in one",
            "/*! SELECT /* c */ 1 */;\nSELECT 2;",
            &["/*! SELECT /* c */ 1 */;", "SELECT 2;"],
        ),
        ("a string in one", "/*! SELECT '*/;\n' */;\nSELECT 2;", &["/*! SELECT '*/;\n' */;", "SELECT 2;"]),
        (
            "a dump's word to its client",
            "/*M!999999\\- enable the sandbox mode */\nSELECT 1;",
            &["SELECT 1;"],
        ),
    ]);
}

#[test]
fn delimiter_command() {
    check(&[
        (
            "the usual",
            "DELIMITER //\nCREATE PROCEDURE p()\nBEGIN\n SELECT 1;\nEND//\nDELIMITER ;\nSELECT 2;",
            &["CREATE PROCEDURE p()\nBEGIN\n SELECT 1;\nEND", "SELECT 2;"],
        ),
        (
            "dollars",
            "DELIMITER $$\nBEGIN\nSELECT 1;\nEND$$\nSELECT a$$\ndelimiter ;\nSELECT 2;",
            &["BEGIN\nSELECT 1;\nEND", "SELECT a", "SELECT 2;"],
        ),
        (
            "with blanks",
            "  delimiter   | junk\r\nSELECT 1; SELECT 2 |\r\nDELIMITER ;\r\n",
            &["SELECT 1; SELECT 2"],
        ),
        ("in quotes", "DELIMITER '//'\nSELECT 1//", &["SELECT 1"]),
        ("with its semicolon", "DELIMITER //\nSELECT 1; //\n//\n; //", &["SELECT 1;"]),
        ("two on a line", "DELIMITER //\nSELECT 1// SELECT 2//", &["SELECT 1", "SELECT 2"]),
        (
            "two semicolons",
            "DELIMITER ;;\nSELECT 1; SELECT 2;;\nDELIMITER ;\nSELECT 3;",
            &["SELECT 1; SELECT 2", "SELECT 3;"],
        ),
        (
            "in a string or a comment",
            "DELIMITER //\nSELECT '//', `//` -- //\n/* // */ //",
            &["SELECT '//', `//`"],
        ),
        ("in parentheses", "DELIMITER //\nSELECT (//", &["SELECT ("]),
        ("a word", "DELIMITER go\nSELECT good\nGO\nSELECT 1 go", &["SELECT good", "SELECT 1"]),
        (
            "not at a statement's beginning",
            "CREATE TABLE t (\ndelimiter int\n);",
            &["CREATE TABLE t (\ndelimiter int\n);"],
        ),
        ("the end is missing", "DELIMITER //\nSELECT 1;\n", &["SELECT 1;…"]),
        (
            "a dump",
            "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN\nSET NEW.a = 1;\nEND */;;\nDELIMITER ;\n",
            &[
                "/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN\nSET NEW.a = 1;\nEND */",
            ],
        ),
    ]);
}

#[test]
fn routines_are_whole_without_delimiter() {
    check_whole(&[
        "CREATE PROCEDURE p()\nBEGIN\n  SELECT 1;\n  SELECT 2;\nEND;",
        "create definer=`root`@`localhost` procedure if not exists p(in a int)\nsql security invoker\nbegin\n select 1;\nend;",
        "CREATE DEFINER=event@begin.end FUNCTION f() RETURNS CHAR\nBEGIN\n RETURN 'a;';\nEND;",
        "CREATE OR REPLACE AGGREGATE FUNCTION f(a INT) RETURNS INT\nBEGIN\n DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN 1;\n LOOP\n  FETCH GROUP NEXT ROW;\n END LOOP;\nEND;",
        "CREATE PROCEDURE p()\nBEGIN\n IF a THEN\n  SELECT 1;\n ELSEIF b THEN\n  SELECT 2;\n ELSE\n  BEGIN SELECT 3;\n END;\n END IF;\n SELECT 4;\nEND;",
        "CREATE PROCEDURE p()\nBEGIN\n CASE a WHEN 1 THEN SELECT 1;\n ELSE BEGIN END;\n END CASE;\n SELECT CASE a WHEN 1 THEN IF(b,1,2) ELSE REPEAT('x',2) END;\n SELECT 5;\nEND;",
        "CREATE PROCEDURE p()\nl1: BEGIN\n l2: LOOP\n  LEAVE l2;\n END LOOP l2;\n WHILE a DO\n  SET a = IF(b, 1, 2);\n END WHILE;\n REPEAT\n  SET a = a + 1;\n UNTIL a > 5 END REPEAT;\n SELECT 1;\nEND l1;",
        "CREATE PROCEDURE p()\nBEGIN\n DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN\n  ROLLBACK;\n  RESIGNAL;\n END;\n DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = IF(1,2,3);\n START TRANSACTION;\n COMMIT;\nEND;",
        "CREATE PROCEDURE p()\nBEGIN\n DROP TABLE IF EXISTS t;\n CREATE TABLE IF NOT EXISTS t (a int);\n UPDATE t SET t.end = 1, t.begin = 2;\n SELECT 1;\nEND;",
        "CREATE PROCEDURE p()\nBEGIN\n FOR i IN 1..10 DO\n  SELECT i;\n END FOR;\n FOR r IN (SELECT 1) DO\n  SELECT 1;\n END FOR;\nEND;",
        "CREATE PROCEDURE p() IF a THEN\n SELECT 1;\nEND IF;",
        "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET NEW.a = IF(NEW.b, 1, CASE 1 WHEN 1 THEN 2 END);",
        "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW FOLLOWS s IF NEW.a THEN\n SET NEW.b = 1;\nEND IF;",
        "CREATE TRIGGER t AFTER UPDATE ON x FOR EACH ROW BEGIN\n IF NOT (OLD.a <=> NEW.a) THEN\n  INSERT INTO y VALUES (1);\n END IF;\nEND;",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2020-01-01' DO BEGIN\n DELETE FROM x;\n DELETE FROM y;\nEND;",
        "ALTER EVENT e ON SCHEDULE EVERY 1 HOUR DO BEGIN\n SELECT 1;\nEND;",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE DO DELETE FROM x;",
        "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN CASE 1 WHEN 1 THEN 2 END;",
        "CREATE FUNCTION f(a CHAR(10) CHARACTER SET utf8) RETURNS SET('a','b') CHARACTER SET utf8 BEGIN\n RETURN 'a';\nEND;",
        "CREATE FUNCTION f RETURNS STRING SONAME 'f.so';",
        "BEGIN NOT ATOMIC\n IF a THEN\n  SELECT 1;\n END IF;\nEND;",
        "l: BEGIN NOT ATOMIC\n SELECT 1;\nEND l;",
        "IF (SELECT 1) THEN\n SELECT 1;\nEND IF;",
        "CREATE PROCEDURE p()\nBEGIN NOT ATOMIC\n BEGIN\n  SELECT 1;\n END;\nEND;",
        "CREATE TABLE t (`begin` int, `end` int);",
        "CREATE VIEW v AS SELECT CASE WHEN 1 THEN 2 END;",
        "CREATE USER event;",
        "DROP PROCEDURE IF EXISTS p;",
        "DROP TRIGGER begin;",
    ]);
    check(&[
        ("a transaction", "BEGIN;\nSELECT 1;\nCOMMIT;", &["BEGIN;", "SELECT 1;", "COMMIT;"]),
        (
            "START TRANSACTION",
            "START TRANSACTION;\nSELECT 1;\nCOMMIT;",
            &["START TRANSACTION;", "SELECT 1;", "COMMIT;"],
        ),
        (
            "a routine without its END",
            "CREATE PROCEDURE p()\nBEGIN\nSELECT 1;\n",
            &["CREATE PROCEDURE p()\nBEGIN\nSELECT 1;…"],
        ),
        (
            "two routines",
            "CREATE PROCEDURE p() BEGIN\nSELECT 1;\nEND;\nCREATE PROCEDURE q() BEGIN\nSELECT 1;\nEND;",
            &["CREATE PROCEDURE p() BEGIN\nSELECT 1;\nEND;", "CREATE PROCEDURE q() BEGIN\nSELECT 1;\nEND;"],
        ),
    ]);
}

#[test]
fn sql_mode_as_the_text_sets_it() {
    // After the SET, a backslash is a character, or a double quote quotes an identifier, or neither.
    let plain = "SELECT '\\';\n', \"\\\";\n\";";
    let no_escapes = "SELECT '\\';\nSELECT \"\\\";";
    let ansi = "SELECT '\\';\n';\nSELECT \"\\\";";
    for (set, expected) in [
        ("SET sql_mode = 'ANSI_QUOTES';", ansi),
        ("SET sql_mode = ANSI_QUOTES;", ansi),
        ("set session sql_mode := 'TRADITIONAL,ansi';", ansi),
        ("SET @@sql_mode = 'ANSI_QUOTES';", ansi),
        ("SET @@session.sql_mode = 'ANSI_QUOTES';", ansi),
        ("SET @old = @@sql_mode, sql_mode = 'ANSI_QUOTES';", ansi),
        ("/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='ANSI_QUOTES' */;", ansi),
        ("SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES'), foreign_key_checks = 0;", ansi),
        ("SET sql_mode = 'NO_BACKSLASH_ESCAPES';", no_escapes),
        ("SET sql_mode = 'STRICT_TRANS_TABLES';", plain),
        ("SET sql_mode = '';", plain),
        ("SET sql_mode = 'ANSI_QUOTES';\nSET sql_mode = DEFAULT;", plain),
        ("SET sql_mode = 'ANSI_QUOTES';\nSET SQL_MODE=@OLD_SQL_MODE;", plain),
        ("SET sql_mode = 'ANSI_QUOTES';\nSET sql_mode = REPLACE(@@sql_mode, 'ANSI_QUOTES', '');", plain),
        ("SET GLOBAL sql_mode = 'ANSI_QUOTES';", plain),
        ("SET @@global.sql_mode = 'ANSI_QUOTES';", plain),
        ("SET @sql_mode = 'ANSI_QUOTES';", plain),
        ("SELECT 'ANSI_QUOTES' AS sql_mode;", plain),
    ] {
        let text = format!("{set}\n{expected}");
        let second = expected.rfind("SELECT").filter(|&at| at > 0).unwrap_or(expected.len());
        let (first, second) = expected.split_at(second);
        let pieces: Vec<&str> =
            set.lines().chain([first.trim_end(), second]).filter(|p| !p.is_empty()).collect();
        check(&[(set, &text, &pieces)]);
    }
}
