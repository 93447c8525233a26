//! Faults in emitted Verilog: a text of a module that becomes another.

/// A fault: in module `top<module>`, `find` becomes `replace`.
pub struct Mutant {
    pub name: &'static str,
    pub module: &'static str,
    pub find: &'static str,
    pub replace: &'static str,
}

/// A mutant of these parts.
pub const fn mutant(
    name: &'static str,
    module: &'static str,
    find: &'static str,
    replace: &'static str,
) -> Mutant {
    Mutant { name, module, find, replace }
}

/// The text with the mutant's place replaced, within its module only. The place must be there
/// exactly once, so that a mutant whose place is gone or ambiguous fails and is not just absent.
pub fn mutate(verilog: &str, mutant: &Mutant) -> String {
    let Mutant { name, module, find, replace } = mutant;
    let start = verilog.find(&format!("module top{module}(")).unwrap_or_else(|| {
        panic!("{name}: no module top{module}");
    });
    let end = start + verilog[start..].find("endmodule").unwrap();
    let body = &verilog[start..end];
    assert_eq!(body.matches(find).count(), 1, "{name}: occurrences of {find:?} in top{module}");
    [&verilog[..start], &body.replace(find, replace), &verilog[end..]].concat()
}
