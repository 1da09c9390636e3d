/* What Swift cannot import from the C library and the kernel's headers:
 * function-like macros, variadic functions and structures of flexible layout. */
#pragma once
