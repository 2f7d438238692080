//! A dial whose streams are mutated.

use std::rc::Rc;

use deadzone_play::{Dial, Dialling};
use deadzone_transport::{Approach, Stream};

use super::{Mutant, stream::MutantStream};

/// Dials through a mutant.
pub(crate) struct MutantDial {
    inner: Rc<dyn Dial>,
    mutant: Mutant,
}

impl MutantDial {
    pub(crate) fn new(inner: Rc<dyn Dial>, mutant: Mutant) -> Self {
        Self { inner, mutant }
    }
}

impl Dial for MutantDial {
    fn dial<'a>(&'a self, approach: &'a Approach) -> Dialling<'a> {
        Box::pin(async move {
            let inner = self.inner.dial(approach).await?;
            Ok(Box::new(MutantStream::new(inner, self.mutant)) as Box<dyn Stream>)
        })
    }

    fn trouble(&self) -> Option<String> {
        self.inner.trouble()
    }
}
