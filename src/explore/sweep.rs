//! Keys of a recipe and the values they take: every combination is a recipe of its own.

use crate::{Result, golden::train::TrainConfig};
use std::{collections::BTreeMap, str::FromStr};
use toml::{Table, Value};

/// Most recipes of one exploration.
const MAX_RECIPES: usize = 4_096;

/// One key and its values.
#[derive(Clone, PartialEq, Debug)]
pub struct Sweep {
    /// Path in the recipe, such as `ticks` or `layer.0.neurons`.
    key: String,
    values: Vec<Value>,
}

/// A combination.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// What was set, key by key.
    pub settings: BTreeMap<String, String>,
    /// The whole configuration.
    pub config: TrainConfig,
}

impl FromStr for Sweep {
    type Err = String;

    /// `KEY=VALUE,VALUE`; values as in TOML, where words need no quotes.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (key, list) = text.split_once('=').unwrap_or((text, ""));
        let key = key.trim();
        if key.is_empty() || key.split('.').any(str::is_empty) || list.trim().is_empty() {
            return Err(format!(
                "{text:?}: write KEY=VALUE,VALUE, such as layer.0.neurons=128,256"
            ));
        }
        let array = |list: &str| {
            let table: Table = format!("v = [{list}]").parse().ok()?;
            table.get("v")?.as_array().cloned()
        };
        let word = |w: &str| array(w).unwrap_or_else(|| vec![Value::String(w.trim().into())]);
        let values = array(list).unwrap_or_else(|| list.split(',').flat_map(word).collect());
        Ok(Self { key: key.into(), values })
    }
}

impl Sweep {
    /// Sets the key in a recipe.
    fn set(&self, recipe: &mut Value, value: &Value) -> Result<()> {
        let fault = |part: &str| {
            format!(
                "--sweep {}: the recipe has no {part:?}; parts of a list are counted from 0, as in layer.0.neurons",
                self.key
            )
        };
        let (parents, last) = self.key.rsplit_once('.').unwrap_or(("", self.key.as_str()));
        let mut place = recipe;
        for part in parents.split('.').filter(|p| !p.is_empty()) {
            let next = match place {
                Value::Table(table) => table.get_mut(part),
                Value::Array(list) => match part.parse::<usize>() {
                    Ok(k) => list.get_mut(k),
                    Err(_) => None,
                },
                _ => None,
            };
            place = next.ok_or_else(|| fault(part))?;
        }
        match place {
            // A key that is not there has a default; one that does not exist is found when the recipe is read.
            Value::Table(table) => table.insert(last.into(), value.clone()),
            Value::Array(list) => {
                let k = last.parse().ok().filter(|&k: &usize| k < list.len());
                Some(std::mem::replace(&mut list[k.ok_or_else(|| fault(last))?], value.clone()))
            }
            _ => return Err(fault(last).into()),
        };
        Ok(())
    }
}

/// All combinations, the last sweep changing fastest; without sweeps the recipe as it is.
///
/// # Errors
/// A recipe that is none, or a combination that cannot be trained, with its settings.
pub fn recipes(text: &str, sweeps: &[Sweep], seed: Option<u64>) -> Result<Vec<Recipe>> {
    let count = sweeps.iter().try_fold(1, |n: usize, s| n.checked_mul(s.values.len()));
    let count = count.filter(|n| *n <= MAX_RECIPES).ok_or_else(|| {
        format!("more than {MAX_RECIPES} combinations: leave out values, or explore in parts")
    })?;
    // Says first what is wrong with the recipe itself.
    TrainConfig::from_toml(text)?;
    let recipe: Table = text.parse()?;
    let mut out = Vec::with_capacity(count);
    for number in 0..count {
        let (mut left, mut settings) = (number, BTreeMap::new());
        let mut recipe = Value::Table(recipe.clone());
        for sweep in sweeps.iter().rev() {
            let value = &sweep.values[left % sweep.values.len()];
            left /= sweep.values.len();
            sweep.set(&mut recipe, value)?;
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            settings.insert(sweep.key.clone(), text);
        }
        let mut config = TrainConfig::from_toml(&toml::to_string(&recipe)?)
            .map_err(|e| format!("{settings:?}: {e}"))?;
        config.seed = seed.unwrap_or(config.seed);
        out.push(Recipe { settings, config });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: &str = "method = \"plain\"\nepochs = 2\nticks = 4\nclasses = 10\n\
        [optimizer]\nkind = \"adam\"\nlearning_rate = 1e-2\n\
        [[layer]]\nneurons = 24\nleak = { shift = 1 }\n";

    fn sweeps(list: &[&str]) -> Vec<Sweep> {
        list.iter().map(|s| s.parse().unwrap()).collect()
    }

    #[test]
    fn every_combination_is_a_recipe() {
        let all =
            recipes(RECIPE, &sweeps(&["layer.0.neurons=16,32", "ticks=1,2,3"]), Some(7)).unwrap();
        let seen: Vec<_> =
            all.iter().map(|r| (r.config.layers[0].neurons, r.config.ticks)).collect();
        assert_eq!(seen, [(16, 1), (16, 2), (16, 3), (32, 1), (32, 2), (32, 3)]);
        assert!(all.iter().all(|r| r.config.seed == 7 && r.config.epochs == 2));
        assert_eq!(all[4].settings["layer.0.neurons"], "32");
        assert_eq!(recipes(RECIPE, &[], None).unwrap().len(), 1);
    }

    #[test]
    fn values_are_toml_or_words() {
        let all = recipes(RECIPE, &sweeps(&["layer.0.reset=zero,subtract"]), None).unwrap();
        assert_eq!(all[0].settings["layer.0.reset"], "zero");
        assert_ne!(all[0].config, all[1].config);
        let leaks = sweeps(&["layer.0.leak={shift=2},{scale=230}"]);
        assert_eq!(recipes(RECIPE, &leaks, None).unwrap().len(), 2);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = |list: &[&str]| recipes(RECIPE, &sweeps(list), None).unwrap_err().to_string();
        assert!(message(&["layer.3.neurons=4"]).contains("the recipe has no \"3\""));
        assert!(
            message(&["layer.0.neuron=4"]).contains("neurons"),
            "{}",
            message(&["layer.0.neuron=4"])
        );
        assert!(message(&["ticks=0"]).contains("{\"ticks\": \"0\"}"));
        let many: Vec<String> = (0..5_000).map(|n| n.to_string()).collect();
        assert!(message(&[&format!("seed={}", many.join(","))]).contains("4096 combinations"));
        assert!("ticks".parse::<Sweep>().unwrap_err().contains("KEY=VALUE"));
        assert!("a..b=1".parse::<Sweep>().is_err());
    }
}
