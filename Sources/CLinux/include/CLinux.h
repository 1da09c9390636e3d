/* What Swift cannot import from the C library and the kernel's headers:
 * function-like macros, variadic functions and structures of flexible layout. */
#pragma once

#include <sys/ioctl.h>
#include <sys/timerfd.h>

/* ioctl(2) with a pointer argument; the original is variadic. */
static inline int shisa_ioctl(int descriptor, unsigned long request, void *argument) {
    return ioctl(descriptor, request, argument);
}
