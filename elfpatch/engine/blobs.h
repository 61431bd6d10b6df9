/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime, and the stubs that programs (native) and libraries (forward) bring: whole images. */
#ifndef ENGINE_BLOBS_H
#define ENGINE_BLOBS_H

extern const unsigned char blob_runtime[], blob_runtime_end[];
extern const unsigned char blob_native[], blob_native_end[];
extern const unsigned char blob_forward[], blob_forward_end[];

#endif
