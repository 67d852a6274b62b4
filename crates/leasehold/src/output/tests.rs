//! What tables look like.

use super::{Record, Table, printable, visible};

#[test]
fn columns_are_as_wide_as_their_widest_cell() {
    let mut table = Table::new(&["ID", "NAME", "REVOKED"]);
    table.row([Some("tok_1"), Some("ä"), None]);
    table.row([Some("t"), Some("longer name"), Some("2026")]);
    let expected = "\
ID     NAME         REVOKED
tok_1  ä            -
t      longer name  2026
";
    assert_eq!(table.render(), expected);
}

#[test]
fn a_record_has_a_line_for_each_member() {
    let mut record = Record::default();
    record.line("id", "env_1");
    record.line("archived", None);
    assert_eq!(record.render(), "id        env_1\narchived  -\n");
}

#[test]
fn a_name_cannot_steer_the_terminal() {
    assert_eq!(visible("a\u{1b}[2Jb\nc\u{9b}d"), "a\\u{1b}[2Jb\\nc\\u{9b}d");
    assert_eq!(printable("a\u{1b}[2J\r\n\tb"), "a\\u{1b}[2J\\r\n\tb");
    let mut table = Table::new(&["NAME"]);
    table.row([Some("x\r\ny")]);
    assert_eq!(table.render(), "NAME\nx\\r\\ny\n");
}
