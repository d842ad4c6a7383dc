//! How a helper thread tells the loop that a task has something to look at.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use mio::{Registry, Token, Waker};

/// Where all bells of a loop are heard.
#[derive(Clone)]
pub struct Bells {
    waker: Arc<Waker>,
    rung: Arc<Mutex<Vec<usize>>>,
}

/// The bell of one task. May be rung from any thread, also after the task has gone.
pub struct Bell {
    bells: Bells,
    task: usize,
}

impl Bells {
    /// Bells that wake the loop of this registry with this token.
    ///
    /// # Errors
    /// Whatever the system says to an eventfd (or a pipe).
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        Ok(Self { waker: Arc::new(Waker::new(registry, token)?), rung: Arc::default() })
    }

    /// The bell of a task.
    pub fn of(&self, task: usize) -> Bell {
        Bell { bells: self.clone(), task }
    }

    /// The tasks whose bells were rung since the last call.
    pub fn rung(&self) -> Vec<usize> {
        std::mem::take(&mut *self.rung.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Bell {
    /// Has the task run soon.
    pub fn ring(&self) {
        let mut rung = self.bells.rung.lock().unwrap_or_else(PoisonError::into_inner);
        rung.push(self.task);
        drop(rung);
        let _ = self.bells.waker.wake(); // fails only where the loop is gone
    }
}
