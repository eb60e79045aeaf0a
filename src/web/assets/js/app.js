// One module per enhancement; a page that has nothing to enhance loads nothing more.
