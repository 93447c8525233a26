//! Core and serial link together: what sits behind a board's pins, less the clock.

use crate::{
    core::Core,
    link::{FrameEngine, UartRx, UartTx},
};
use rust_hdl::prelude::*;
use spikewright_ir::CoreSpec;

/// See the module's documentation; sizes as for [`Core`].
#[derive(LogicBlock)]
pub struct System<const H: usize, const S: usize, const T: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Serial line from the host.
    pub rx: Signal<In, Bit>,
    /// Serial line to the host.
    pub tx: Signal<Out, Bit>,
    /// A sample runs.
    pub busy: Signal<Out, Bit>,
    receiver: UartRx,
    sender: UartTx,
    frame: FrameEngine,
    inner: Core<H, S, T>,
}

impl<const H: usize, const S: usize, const T: usize> System<H, S, T> {
    /// A core of `spec` behind a serial link whose bits last `bit_cycles` clock cycles.
    pub fn new(spec: &CoreSpec, bit_cycles: u16) -> Self {
        Self {
            clock: Default::default(),
            rx: Default::default(),
            tx: Default::default(),
            busy: Default::default(),
            receiver: UartRx::new(bit_cycles),
            sender: UartTx::new(bit_cycles),
            frame: Default::default(),
            inner: Core::new(spec),
        }
    }
}

impl<const H: usize, const S: usize, const T: usize> Logic for System<H, S, T> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, receiver, sender, frame, inner);
        self.receiver.rx.next = self.rx.val();
        self.frame.rx_valid.next = self.receiver.valid.val();
        self.frame.rx_data.next = self.receiver.data.val();
        self.frame.tx_busy.next = self.sender.busy.val();
        self.sender.send.next = self.frame.tx_send.val();
        self.sender.data.next = self.frame.tx_data.val();
        self.tx.next = self.sender.tx.val();
        self.inner.host_addr.next = self.frame.host_addr.val();
        self.inner.host_wdata.next = self.frame.host_wdata.val();
        self.inner.host_we.next = self.frame.host_we.val();
        self.frame.host_rdata.next = self.inner.host_rdata.val();
        self.busy.next = self.inner.busy.val();
    }
}
