//! Core and link together: what sits behind a board's pins, less the clock. The same for each kind of core.

use crate::{
    core::Core,
    link::{FlashReader, FrameEngine, SpiDevice, UartRx, UartTx},
    theta::ThetaCore,
};
use rust_hdl::prelude::*;
use spikewright_ir::{CoreSpec, ThetaSpec};

/// The systems of a kind of core: its generic parameters, how they are passed on, its type, that of its spec.
macro_rules! systems {
    ([$($generic:tt)*] [$($argument:tt)*] [$($core:tt)*] [$($spec:tt)*]) => {
        /// See the module's documentation; sizes as for its core.
        #[derive(LogicBlock)]
        pub struct System<$($generic)*> {
            /// Clock.
            pub clock: Signal<In, Clock>,
            /// Serial line from the host.
            pub rx: Signal<In, Bit>,
            /// Serial line to the host.
            pub tx: Signal<Out, Bit>,
            /// A sample runs.
            pub busy: Signal<Out, Bit>,
            /// What came over the line was no request, or a damaged one.
            pub missed: Signal<Out, Bit>,
            receiver: UartRx,
            sender: UartTx,
            frame: FrameEngine,
            inner: $($core)*,
        }

        impl<$($generic)*> System<$($argument)*> {
            /// A core of `spec` behind a serial link whose bits last `bit_cycles` clock cycles.
            pub fn new(spec: &$($spec)*, bit_cycles: u16) -> Self {
                Self {
                    clock: Default::default(),
                    rx: Default::default(),
                    tx: Default::default(),
                    busy: Default::default(),
                    missed: Default::default(),
                    receiver: UartRx::new(bit_cycles),
                    sender: UartTx::new(bit_cycles),
                    frame: Default::default(),
                    inner: <$($core)*>::new(spec),
                }
            }
        }

        impl<$($generic)*> Logic for System<$($argument)*> {
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
                self.missed.next = self.frame.missed.val() | self.receiver.broken.val();
            }
        }

        /// The same with an image read from the configuration flash first.
        #[derive(LogicBlock)]
        pub struct FlashSystem<$($generic)*> {
            /// Clock.
            pub clock: Signal<In, Clock>,
            /// Serial line from the host.
            pub rx: Signal<In, Bit>,
            /// Serial line to the host.
            pub tx: Signal<Out, Bit>,
            /// A sample runs.
            pub busy: Signal<Out, Bit>,
            /// Clock of the flash.
            pub flash_sck: Signal<Out, Bit>,
            /// Low while the flash is selected.
            pub flash_cs: Signal<Out, Bit>,
            /// To the flash.
            pub flash_mosi: Signal<Out, Bit>,
            /// From the flash.
            pub flash_miso: Signal<In, Bit>,
            reader: FlashReader,
            system: System<$($argument)*>,
        }

        impl<$($generic)*> FlashSystem<$($argument)*> {
            /// As `System::new`; the image begins at byte `offset` of the flash.
            pub fn new(spec: &$($spec)*, bit_cycles: u16, offset: u32) -> Self {
                Self {
                    clock: Default::default(),
                    rx: Default::default(),
                    tx: Default::default(),
                    busy: Default::default(),
                    flash_sck: Default::default(),
                    flash_cs: Default::default(),
                    flash_mosi: Default::default(),
                    flash_miso: Default::default(),
                    reader: FlashReader::new(bit_cycles, offset),
                    system: System::new(spec, bit_cycles),
                }
            }
        }

        impl<$($generic)*> Logic for FlashSystem<$($argument)*> {
            #[hdl_gen]
            fn update(&mut self) {
                clock!(self, clock, reader, system);
                self.reader.miso.next = self.flash_miso.val();
                self.reader.missed.next = self.system.missed.val();
                self.flash_sck.next = self.reader.sck.val();
                self.flash_cs.next = self.reader.select.val();
                self.flash_mosi.next = self.reader.mosi.val();
                self.system.rx.next = (self.rx.val() | self.reader.active.val()) & self.reader.line.val();
                self.tx.next = self.system.tx.val();
                self.busy.next = self.system.busy.val();
            }
        }

        /// A core whose host is on SPI.
        #[derive(LogicBlock)]
        pub struct SpiSystem<$($generic)*> {
            /// Clock.
            pub clock: Signal<In, Clock>,
            /// Clock of the link, at most a fourth of the other.
            pub sck: Signal<In, Bit>,
            /// Low while the host exchanges bytes.
            pub cs: Signal<In, Bit>,
            /// From the host.
            pub mosi: Signal<In, Bit>,
            /// To the host.
            pub miso: Signal<Out, Bit>,
            /// A sample runs.
            pub busy: Signal<Out, Bit>,
            device: SpiDevice,
            frame: FrameEngine,
            inner: $($core)*,
        }

        impl<$($generic)*> SpiSystem<$($argument)*> {
            /// A core of `spec`.
            pub fn new(spec: &$($spec)*) -> Self {
                Self {
                    clock: Default::default(),
                    sck: Default::default(),
                    cs: Default::default(),
                    mosi: Default::default(),
                    miso: Default::default(),
                    busy: Default::default(),
                    device: Default::default(),
                    frame: Default::default(),
                    inner: <$($core)*>::new(spec),
                }
            }
        }

        impl<$($generic)*> Logic for SpiSystem<$($argument)*> {
            #[hdl_gen]
            fn update(&mut self) {
                clock!(self, clock, device, frame, inner);
                self.device.sck.next = self.sck.val();
                self.device.cs.next = self.cs.val();
                self.device.mosi.next = self.mosi.val();
                self.miso.next = self.device.miso.val();
                self.frame.rx_valid.next = self.device.valid.val();
                self.frame.rx_data.next = self.device.data.val();
                self.frame.tx_busy.next = self.device.busy.val();
                self.device.send.next = self.frame.tx_send.val();
                self.device.answer.next = self.frame.tx_data.val();
                self.inner.host_addr.next = self.frame.host_addr.val();
                self.inner.host_wdata.next = self.frame.host_wdata.val();
                self.inner.host_we.next = self.frame.host_we.val();
                self.frame.host_rdata.next = self.inner.host_rdata.val();
                self.busy.next = self.inner.busy.val();
            }
        }
    };
}

/// Leaky neurons.
pub mod lif {
    use super::*;
    systems!([const H: usize, const S: usize, const T: usize] [H, S, T] [Core<H, S, T>] [CoreSpec]);
}

/// Theta neurons.
pub mod theta {
    use super::*;
    systems!([] [] [ThetaCore] [ThetaSpec]);
}
