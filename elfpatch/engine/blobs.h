/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime and the native stubs (a whole image), as they are put into programs. */
#ifndef ENGINE_BLOBS_H
#define ENGINE_BLOBS_H

extern const unsigned char blob_runtime[], blob_runtime_end[];
extern const unsigned char blob_native[], blob_native_end[];

#endif
