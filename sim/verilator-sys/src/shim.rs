//! The C++ behind a library: five functions with C linkage around Verilator's class `Vmodel`.

use crate::Port;
use std::fmt::Write;

/// Symbols of the library; `model.rs` gives their types.
pub const NEW: &[u8] = b"vs_new";
/// Deletes a model.
pub const FREE: &[u8] = b"vs_free";
/// Evaluates a model.
pub const EVAL: &[u8] = b"vs_eval";
/// Address of a port's variable, by index.
pub const PORT: &[u8] = b"vs_port";
/// Size of a port's variable in bytes, by index; 0 past the last.
pub const SIZE: &[u8] = b"vs_size";

/// The source text for these ports.
pub fn shim(ports: &[Port]) -> String {
    let (mut addresses, mut sizes) = (String::new(), String::new());
    for (i, port) in ports.iter().enumerate() {
        let member = port.member();
        let _ = writeln!(addresses, "    case {i}: return (void*)&m->top->{member};");
        let _ = writeln!(sizes, "    case {i}: return sizeof(m->top->{member});");
    }
    format!(
        r#"#include "Vmodel.h"
#include "verilated.h"
#include <cstdint>
namespace {{ struct Shim {{ VerilatedContext* context; Vmodel* top; }}; }}
extern "C" {{
void* vs_new() {{
    Shim* m = new Shim;
    m->context = new VerilatedContext;
    m->top = new Vmodel(m->context, "top");
    return m;
}}
void vs_free(void* h) {{
    Shim* m = (Shim*)h;
    m->top->final();
    delete m->top;
    delete m->context;
    delete m;
}}
void vs_eval(void* h) {{ ((Shim*)h)->top->eval(); }}
void* vs_port(void* h, uint32_t i) {{
    Shim* m = (Shim*)h;
    switch (i) {{
{addresses}    default: return nullptr;
    }}
}}
uint64_t vs_size(void* h, uint32_t i) {{
    Shim* m = (Shim*)h;
    switch (i) {{
{sizes}    default: return 0;
    }}
}}
}}
"#
    )
}
