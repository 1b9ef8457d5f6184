/** Set for the process that becomes the background gateway, and removed there before anything else sees it. */
export const BACKGROUND_VARIABLE = 'UCR_BACKGROUND'

/** Set for the processes that a gateway of several workers starts. */
export const WORKER_VARIABLE = 'UCR_WORKER'
