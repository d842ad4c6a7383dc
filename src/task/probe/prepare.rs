//! Before the first port is asked: what UDP ports are asked with, and the list of hosts, are read where they are a
//! file's or stdin's.

use super::intake::Intake;
use crate::error::{Deed, Exit, Failure, Object};
use crate::plan::{self, Sought};
use crate::task::Cx;
use crate::value::data::Data;
use crate::value::ports::{Ports, Reader};
use crate::value::targets::{self, Target, Word};

/// What is to be asked, and with what.
#[derive(Clone, Debug, Default)]
pub(super) struct Prepared {
    /// Whose ports; nobody's for a Unix socket.
    pub(super) targets: Vec<Target>,
    /// What UDP ports are asked with; what their usual services answer where it is none.
    pub(super) data: Option<Vec<u8>>,
}

/// What is read, and what was.
#[derive(Default)]
pub(super) struct Preparation {
    intake: Option<Intake>,
    has_data: bool,
    done: Prepared,
}

impl Preparation {
    /// The intake that is read just now.
    pub(super) fn intake(&mut self) -> Option<&mut Intake> {
        self.intake.as_mut()
    }

    /// Reads on. What is to be asked, once all is known.
    ///
    /// # Errors
    /// Something cannot be read, or a list cannot be understood.
    pub(super) fn step(&mut self, cx: &mut Cx<'_>, plan: &plan::Probe) -> Result<Option<Prepared>, Failure> {
        if !self.has_data {
            match self.data(cx, plan)? {
                None => return Ok(None),
                Some(data) => (self.has_data, self.done.data) = (true, data),
            }
        }
        if let Sought::Ports { word, ports, reader } = &plan.what {
            match self.targets(cx, word, ports.as_ref(), reader)? {
                None => return Ok(None),
                Some(targets) => self.done.targets = targets,
            }
        }
        Ok(Some(std::mem::take(&mut self.done)))
    }

    fn data(&mut self, cx: &mut Cx<'_>, plan: &plan::Probe) -> Result<Option<Option<Vec<u8>>>, Failure> {
        match &plan.data {
            None => Ok(Some(None)),
            Some(Data::Text(text)) => Ok(Some(Some(text.clone().into_bytes()))),
            Some(Data::File(path)) => Ok(self.read(cx, || Intake::file(path.clone()))?.map(|(bytes, _)| Some(bytes))),
            Some(Data::Stdin) => Ok(self.read(cx, || Ok(Intake::stdin()))?.map(|(bytes, _)| Some(bytes))),
        }
    }

    fn targets(
        &mut self,
        cx: &mut Cx<'_>,
        word: &Word,
        ports: Option<&Ports>,
        reader: &Reader,
    ) -> Result<Option<Vec<Target>>, Failure> {
        let read = match word {
            Word::Targets(targets) => return Ok(Some(targets.clone())),
            Word::File(path) => self.read(cx, || Intake::file(path.into()))?,
            Word::Stdin => self.read(cx, || Ok(Intake::stdin()))?,
        };
        let Some((bytes, name)) = read else {
            return Ok(None);
        };
        let wrong = |why| Failure::new(Deed::Read, name.clone(), why, Exit::Usage);
        let targets = targets::parse_list(&bytes, reader).map_err(wrong)?;
        match targets.iter().find(|target| target.ports.is_none() && ports.is_none()) {
            Some(bare) => Err(wrong(format!("PORTS are missing for {}", bare.who))),
            None => Ok(Some(targets)),
        }
    }

    /// Reads all of what is opened here at first. The bytes and its name, once it has ended.
    fn read(
        &mut self,
        cx: &mut Cx<'_>,
        open: impl FnOnce() -> Result<Intake, Failure>,
    ) -> Result<Option<(Vec<u8>, Object)>, Failure> {
        let mut intake = match self.intake.take() {
            Some(intake) => intake,
            None => {
                let mut intake = open()?;
                intake.watch(cx, super::INTAKE)?;
                intake
            }
        };
        match intake.read(cx)? {
            Some(bytes) => {
                let name = intake.name().clone();
                intake.close(cx);
                Ok(Some((bytes, name)))
            }
            None => {
                self.intake = Some(intake);
                Ok(None)
            }
        }
    }
}
