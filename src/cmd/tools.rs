//! `tools`: the external programs.

use super::Context;
use crate::args::ToolsAction;
use spikewright::{Result, flow::tools};

pub fn run(context: &Context, action: Option<ToolsAction>) -> Result<()> {
    if let Some(ToolsAction::Install) = action {
        let set = tools::ensure(&mut |line| context.console.note(line))?;
        for (name, version) in set.versions() {
            context.console.line(format!("{name} {version}"));
        }
        return context.console.finish(&set.versions());
    }
    let found = tools::check();
    for tool in &found {
        let mark = if tool.ok { "ok" } else { "--" };
        let version = tool.version.as_deref().unwrap_or("missing");
        let path = tool.path.as_ref().map_or(String::new(), |p| p.display().to_string());
        context.console.line(format!("{mark} {:<16} {version:<28} {path}", tool.name));
        if let Some(remedy) = tool.remedy.as_ref().filter(|_| !tool.ok) {
            context.console.line(format!(
                "   {}: {remedy}",
                if tool.required { "needed" } else { "optional" }
            ));
        }
    }
    context.console.finish(&found)?;
    let missing = found.iter().filter(|t| t.required && !t.ok).count();
    if missing > 0 {
        return Err(format!("{missing} needed tools are missing; the remedies are above").into());
    }
    Ok(())
}
