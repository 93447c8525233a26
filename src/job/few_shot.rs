//! Train over tasks, and measure once on the tasks to test.

use super::record::{Record, start};
use crate::{
    Result,
    golden::{
        data::{Code, Gray, ImageSource},
        meta::{
            Features, FewShotCheckpoint, FewShotConfig, FewShotData, FewShotModel, FewShotProgress,
            FewShotReport, FewShotResult, Rule, check_few_shot, freeze_body, measure, nominal_head,
            train_few_shot as train,
        },
        rng::Stream,
        train::Labelled,
    },
    ir::Network,
};
use serde::Serialize;
use std::path::Path;

/// Numbers of a few-shot training.
#[derive(Clone, Debug, Serialize)]
pub struct FewShotTrained {
    /// The resolved configuration.
    pub config: FewShotConfig,
    /// Classes to train on and to test, over all groups.
    pub classes: [usize; 2],
    /// On the tasks to test.
    pub test: FewShotResult,
    /// Epoch by epoch.
    pub epochs: Vec<FewShotReport>,
}

/// Trains; a checkpoint and the metrics of all epochs so far are written to `checkpoint` and beside it
/// after every epoch. `go_on` starts from what is there.
pub fn train_few_shot(
    config: &FewShotConfig,
    data: &FewShotData,
    checkpoint: &Path,
    go_on: bool,
    mut progress: impl FnMut(&FewShotProgress<'_>),
) -> Result<(FewShotModel, FewShotTrained)> {
    check_few_shot(config, data)?;
    let start = go_on.then(|| start(checkpoint, FewShotCheckpoint::read)).transpose()?;
    let done = start.as_ref().map_or(0, FewShotCheckpoint::epochs_done);
    let mut record = Record::<FewShotReport>::open(checkpoint, done)?;
    let model = train(config, data, start.as_ref(), &mut |p| {
        if let FewShotProgress::Epoch { report, checkpoint } = &p {
            record.epoch(report, |path| checkpoint.write(path));
        }
        progress(&p);
    })?;
    record.check()?;
    let test = measure(&model, data)?;
    let classes = [data.train.pool.classes(), data.test.pool.classes()];
    let epochs = record.reports().to_vec();
    Ok((model, FewShotTrained { config: config.clone(), classes, test, epochs }))
}

/// The network that stands in a run directory: the body with a head for the first of the tasks to test,
/// whose images are written to `task/support` and `task/query` in `out`; where sensors show windows,
/// with a head for windows no machine has changed. With it the code of its samples.
pub fn first_task(model: &FewShotModel, data: &FewShotData, out: &Path) -> Result<(Network, Code)> {
    let body = freeze_body(&model.body, model.config.frac_bits)?;
    if let Some(nominal) = &data.nominal {
        let network = nominal_head(&body, nominal)?.mount(&body)?;
        return Ok((network, model.body.encoder.clone()));
    }
    let pool = &data.test.pool;
    let (Labelled::Images(images), Some(encoder)) = (&pool.samples, pool.code.of_images()) else {
        return Err("the tasks to test show no images".into());
    };
    let task = out.join("task");
    // Images of an older run must not join these.
    if task.is_dir() {
        std::fs::remove_dir_all(&task)?;
    }
    let parts = data.test.numbers(Stream::named(model.config.seed, "test tasks").child(0));
    for (part, name) in parts.iter().zip(["support", "query"]) {
        for (i, &(n, class)) in part.iter().enumerate() {
            let (height, width) = (images.height, images.width);
            let image = Gray { height, width, pixels: images.image(n).to_vec() };
            image.write(&task.join(name).join(format!("class{class:02}/{i:03}.png")))?;
        }
    }
    let features = Features::moved(&body, pool, model.config.tasks.moved)?;
    let support = features.support(&parts[0]);
    let network = Rule::ClassMean.head(&support, data.test.sizes.ways)?.mount(&body)?;
    let source = ImageSource {
        classes: task.join("query"),
        height: images.height,
        width: images.width,
        images: *encoder,
    };
    Ok((network, Code::Classes(source)))
}
