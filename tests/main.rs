//! Whole-system tests, one module a behaviour. They are the `system` test target of the `oxocert` program.

mod architecture;
